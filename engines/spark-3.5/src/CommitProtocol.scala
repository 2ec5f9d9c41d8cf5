package org.glaux.spark

import org.apache.hadoop.fs.{FileSystem, Path}
import org.apache.hadoop.mapreduce.{JobContext, OutputCommitter, TaskAttemptContext}
import org.apache.spark.internal.io.{FileCommitProtocol, FileNameSpec}
import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage
import org.apache.spark.internal.io.cloud.PathOutputCommitProtocol
import org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol

/**
 * How a job's output becomes visible: by the committer of the output's file system, S3A's for s3://. Only dynamic
 * partition overwrite, which S3A's committers cannot do, goes by files in a staging folder and renames, as Spark does
 * it everywhere else. Spark makes an object of this class for each job, by the constructor's form.
 */
class CommitProtocol(jobId: String, path: String, dynamicPartitionOverwrite: Boolean = false)
    extends FileCommitProtocol
    with Serializable {

  private val way: FileCommitProtocol =
    if (dynamicPartitionOverwrite) new Renaming(jobId, path) else new PathOutputCommitProtocol(jobId, path)

  override def setupJob(job: JobContext): Unit = way.setupJob(job)

  override def commitJob(job: JobContext, tasks: Seq[TaskCommitMessage]): Unit = way.commitJob(job, tasks)

  override def abortJob(job: JobContext): Unit = way.abortJob(job)

  override def setupTask(task: TaskAttemptContext): Unit = way.setupTask(task)

  override def newTaskTempFile(task: TaskAttemptContext, dir: Option[String], ext: String): String =
    way.newTaskTempFile(task, dir, ext)

  override def newTaskTempFile(task: TaskAttemptContext, dir: Option[String], spec: FileNameSpec): String =
    way.newTaskTempFile(task, dir, spec)

  override def newTaskTempFileAbsPath(task: TaskAttemptContext, dir: String, ext: String): String =
    way.newTaskTempFileAbsPath(task, dir, ext)

  override def newTaskTempFileAbsPath(task: TaskAttemptContext, dir: String, spec: FileNameSpec): String =
    way.newTaskTempFileAbsPath(task, dir, spec)

  override def commitTask(task: TaskAttemptContext): TaskCommitMessage = way.commitTask(task)

  override def abortTask(task: TaskAttemptContext): Unit = way.abortTask(task)

  override def deleteWithJob(fs: FileSystem, file: Path, recursive: Boolean): Boolean =
    way.deleteWithJob(fs, file, recursive)

  override def onTaskCommit(message: TaskCommitMessage): Unit = way.onTaskCommit(message)
}

/** Spark's own protocol, with the plain committer of files on every file system. */
private class Renaming(jobId: String, path: String) extends SQLHadoopMapReduceCommitProtocol(jobId, path, true) {

  override protected def setupCommitter(task: TaskAttemptContext): OutputCommitter = {
    task.getConfiguration.set("fs.s3a.committer.name", "file")
    super.setupCommitter(task)
  }
}
