package org.glaux.spark

import java.net.URI

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.DelegateToFileSystem
import org.apache.hadoop.fs.s3a.S3AFileSystem

/** s3:// and s3n:// for Hadoop's FileContext; the class that S3A brings for it takes s3a:// alone. */
class AbstractS3(uri: URI, conf: Configuration)
    extends DelegateToFileSystem(uri, new S3AFileSystem, conf, uri.getScheme, false)
