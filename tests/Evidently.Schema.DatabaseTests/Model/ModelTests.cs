using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>
/// Random sequences of everything an application and an operator do; at every quiet point the star is the projection and nothing is left
/// pending, and at every look in between that holds for whatever no visible note covers. A failing sequence is shrunk and printed with its
/// seed. Environment: <c>CsCheck_Seed</c> runs that sequence first, <c>CsCheck_Time</c> (seconds) or <c>CsCheck_Iter</c> (sequences) set the
/// length of each test, 9 s by default; thousands of sequences take minutes.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class ModelTests
{
    [Test]
    public Task Statements_of_interleaved_sessions_are_in_the_star_at_every_quiet_point() => new ModelCheck(true, false).CheckAsync();

    [Test]
    public Task Statements_of_concurrent_sessions_are_in_the_star_when_all_is_quiet() => new ModelCheck(true, true).CheckAsync();

    [Test]
    public Task Statements_between_the_batches_of_the_copy_are_in_the_star_at_every_quiet_point() => new ModelCheck(false, false).CheckAsync();

    [Test]
    public Task Statements_beside_the_copy_are_in_the_star_when_all_is_quiet() => new ModelCheck(false, true).CheckAsync();
}
