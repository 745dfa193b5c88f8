package io.hsmbridge.engine;

/** Refuses what is too long for one call, whatever way it would take to the engine. */
public final class DataLimit {

  private DataLimit() {}

  /**
   * Refuses bytes that are more than {@link Engine#MOST_DATA}.
   *
   * @param bytes an argument of a call; may be null
   * @throws HsmException with {@code DATA_LEN_RANGE}
   */
  public static void require(byte[] bytes) {
    if (bytes != null && bytes.length > Engine.MOST_DATA) {
      throw new HsmException(
          ReturnCodes.DATA_LEN_RANGE,
          "One operation takes at most " + Engine.MOST_DATA + " bytes, not " + bytes.length
              + ". Give longer data in pieces, or hash it first.");
    }
  }
}
