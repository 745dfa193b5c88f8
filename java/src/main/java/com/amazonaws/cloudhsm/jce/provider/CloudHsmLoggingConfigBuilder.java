package com.amazonaws.cloudhsm.jce.provider;

import java.util.List;

/** Builds a {@link CloudHsmLoggingConfig}; null arguments count as not given. */
public class CloudHsmLoggingConfigBuilder {

  private static final List<String> INTERVALS = List.of("never", "hourly", "daily", "weekly");
  private static final List<String> TYPES = List.of("file", "term");
  private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

  private String logFile;
  private String logInterval;
  private String logType;
  private String logLevel;

  CloudHsmLoggingConfigBuilder() {}

  /**
   * Sets the log file.
   *
   * @param file its path
   * @return this builder
   * @throws IllegalArgumentException if it is blank
   */
  public CloudHsmLoggingConfigBuilder withLogFile(String file) {
    logFile = ConfigValues.notBlank("withLogFile", file);
    return this;
  }

  /**
   * Sets how often a new file is begun.
   *
   * @param interval never, hourly, daily or weekly
   * @return this builder
   * @throws IllegalArgumentException if it is none of them
   */
  public CloudHsmLoggingConfigBuilder withLogInterval(String interval) {
    logInterval = ConfigValues.oneOf("withLogInterval", interval, INTERVALS);
    return this;
  }

  /**
   * Sets where the log goes.
   *
   * @param type file or term
   * @return this builder
   * @throws IllegalArgumentException if it is neither
   */
  public CloudHsmLoggingConfigBuilder withLogType(String type) {
    logType = ConfigValues.oneOf("withLogType", type, TYPES);
    return this;
  }

  /**
   * Sets the least level that is logged.
   *
   * @param level error, warn, info, debug or trace
   * @return this builder
   * @throws IllegalArgumentException if it is none of them
   */
  public CloudHsmLoggingConfigBuilder withLogLevel(String level) {
    logLevel = ConfigValues.oneOf("withLogLevel", level, LEVELS);
    return this;
  }

  /**
   * Makes the description.
   *
   * @return a new configuration
   */
  public CloudHsmLoggingConfig build() {
    return new CloudHsmLoggingConfig(logFile, logInterval, logType, logLevel);
  }
}
