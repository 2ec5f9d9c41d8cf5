package org.openx.data.jsonserde

import java.util.Properties

import scala.collection.JavaConverters._

import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.hive.serde2.SerDeException
import org.apache.hadoop.io.{Text, Writable}
import org.apache.hive.hcatalog.data.{DefaultHCatRecord, JsonSerDe => HiveJsonSerDe}

/**
 * The name by which Athena's tables ask for JSON: Hive's own SerDe, with the properties that Athena documents for
 * this one: `ignore.malformed.json`, `dots.in.keys`, and `mapping.COLUMN`, the key that a column is read from.
 */
class JsonSerDe extends HiveJsonSerDe {

  private var malformedIsNull = false
  private var dotsToUnderscores = false
  private var columns = 0
  private var columnOf = Map.empty[String, String]
  private lazy val mapper = new ObjectMapper

  override def initialize(conf: Configuration, table: Properties): Unit = {
    super.initialize(conf, table)
    malformedIsNull = table.getProperty("ignore.malformed.json", "false").equalsIgnoreCase("true")
    dotsToUnderscores = table.getProperty("dots.in.keys", "false").equalsIgnoreCase("true")
    columns = table.getProperty("columns", "").split(',').count(_.nonEmpty)
    columnOf = table.stringPropertyNames.asScala.collect {
      case name if name.startsWith("mapping.") => table.getProperty(name) -> name.stripPrefix("mapping.")
    }.toMap
  }

  override def deserialize(row: Writable): AnyRef =
    try super.deserialize(if (dotsToUnderscores || columnOf.nonEmpty) renamed(row) else row)
    catch { case _: SerDeException if malformedIsNull => new DefaultHCatRecord(columns) }

  /** The row with the names of columns in the place of its keys. */
  private def renamed(row: Writable): Writable = {
    val read =
      try mapper.readTree(row.toString)
      catch { case e: java.io.IOException => throw new SerDeException(e) }
    read match {
      case keys: ObjectNode =>
        val columns = mapper.createObjectNode
        keys.fields.asScala.foreach(field => columns.set[ObjectNode](columnFor(field.getKey), field.getValue))
        new Text(mapper.writeValueAsString(columns))
      case _ => row
    }
  }

  private def columnFor(key: String): String =
    columnOf.getOrElse(key, if (dotsToUnderscores) key.replace('.', '_') else key)
}
