package org.glaux.spark

import org.apache.hadoop.security.UserGroupInformation
import org.apache.spark.deploy.SparkSubmit

/** Spark's submit program for a user id that has no name, for which Hadoop's own login fails. */
object Submit {
  def main(arguments: Array[String]): Unit = {
    UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser("spark"))
    SparkSubmit.main(arguments)
  }
}
