package com.amazonaws.cloudhsm.jce.provider;

/**
 * Where and how a provider logs: connections, and what is done again when one breaks. In a JVM that Python hosts there
 * is nothing of the kind to log.
 */
public class CloudHsmLoggingConfig {

  private final String logFile;
  private final String logInterval;
  private final String logType;
  private final String logLevel;

  CloudHsmLoggingConfig(String logFile, String logInterval, String logType, String logLevel) {
    this.logFile = logFile;
    this.logInterval = logInterval;
    this.logType = logType;
    this.logLevel = logLevel;
  }

  /**
   * Begins to describe the logging.
   *
   * @return a new builder
   */
  public static CloudHsmLoggingConfigBuilder builder() {
    return new CloudHsmLoggingConfigBuilder();
  }

  /**
   * Returns the log file.
   *
   * @return what was given to the builder, or null
   */
  public String getLogFile() {
    return logFile;
  }

  /**
   * Returns how often a new file is begun.
   *
   * @return what was given to the builder, or null
   */
  public String getLogInterval() {
    return logInterval;
  }

  /**
   * Returns where the log goes.
   *
   * @return what was given to the builder, or null
   */
  public String getLogType() {
    return logType;
  }

  /**
   * Returns the least level that is logged.
   *
   * @return what was given to the builder, or null
   */
  public String getLogLevel() {
    return logLevel;
  }
}
