/** One operation of the storm with a check of its result. */
interface Action {

  /**
   * Runs once.
   *
   * @throws Exception if anything is not as it must be
   */
  void run(Task task) throws Exception;
}
