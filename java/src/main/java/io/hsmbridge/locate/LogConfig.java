package io.hsmbridge.locate;

import java.nio.file.Path;

/**
 * Where and how the provider logs. What is null is not given.
 *
 * @param type {@code file} or {@code term}
 * @param file the log file
 * @param level {@code error}, {@code warn}, {@code info}, {@code debug} or {@code trace}
 * @param interval how often a new file is begun: {@code never}, {@code hourly}, {@code daily} or {@code weekly}
 */
public record LogConfig(String type, Path file, String level, String interval) {}
