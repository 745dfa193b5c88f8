package io.hsmbridge.engine;

/** Refuses what is too long for one call, whatever way it would take to the engine. */
public final class DataLimit {

  private DataLimit() {}

  /**
   * Refuses more bytes than {@link Engine#MOST_DATA}.
   *
   * @param length of one argument of a call
   * @throws HsmException with {@code DATA_LEN_RANGE}
   */
  public static void require(int length) {
    if (length > Engine.MOST_DATA) {
      throw new HsmException(
          ReturnCodes.DATA_LEN_RANGE,
          "One operation takes at most " + Engine.MOST_DATA + " bytes, not " + length
              + ". Give longer data in pieces, or hash it first.");
    }
  }
}
