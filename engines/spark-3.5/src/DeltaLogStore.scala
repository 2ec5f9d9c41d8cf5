package org.glaux.spark

import java.io.ByteArrayInputStream
import java.lang.{Boolean => JavaBoolean}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.FileAlreadyExistsException
import java.util.{Arrays, Iterator => JavaIterator}

import scala.collection.JavaConverters._

import com.amazonaws.AmazonClientException
import com.amazonaws.services.s3.model.{AmazonS3Exception, ObjectMetadata, PutObjectRequest}
import io.delta.storage.HadoopFileSystemLogStore
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path
import org.apache.hadoop.fs.s3a.{S3AFileSystem, S3AUtils}

/**
 * Delta's log on s3://. A commit is one PutObject with If-None-Match: of writers that want the same version one wins,
 * whichever sessions or machines they are in, and the others try the next. Delta's own stores for S3 have no such
 * request, and are safe within one session only.
 */
class DeltaLogStore(conf: Configuration) extends HadoopFileSystemLogStore(conf) {

  override def write(path: Path, actions: JavaIterator[String], overwrite: JavaBoolean, conf: Configuration): Unit = {
    val body = actions.asScala.map(_ + "\n").mkString.getBytes(UTF_8)
    path.getFileSystem(conf) match {
      case s3a: S3AFileSystem => put(s3a, path, body, overwrite, conf)
      case other => throw new UnsupportedOperationException(s"$other is not S3A's: $path")
    }
  }

  private def put(s3a: S3AFileSystem, path: Path, body: Array[Byte], overwrite: Boolean, conf: Configuration): Unit = {
    val described = new ObjectMetadata
    described.setContentLength(body.length)
    val request =
      new PutObjectRequest(s3a.getBucket, s3a.pathToKey(path), new ByteArrayInputStream(body), described)
    if (!overwrite) request.putCustomRequestHeader("If-None-Match", "*")
    try s3a.getAmazonS3ClientForTesting("a commit of Delta's").putObject(request)
    catch {
      case refused: AmazonS3Exception if refused.getStatusCode == 412 =>
        if (!isOurs(path, body, conf)) throw new FileAlreadyExistsException(path.toString)
      case failed: AmazonClientException => throw S3AUtils.translateException("commit", path, failed)
    }
  }

  /** The client repeats a request whose answer was lost; a commit's lines name it, so no other has the same. */
  private def isOurs(path: Path, body: Array[Byte], conf: Configuration): Boolean = {
    val there = path.getFileSystem(conf).open(path)
    try Arrays.equals(there.readAllBytes(), body)
    finally there.close()
  }

  override def isPartialWriteVisible(path: Path, conf: Configuration): JavaBoolean = false
}
