using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// Everything goes wrong, and nothing is lost. EVIDENTLY_SCHEMA_PROOF_SEED chooses what goes wrong, EVIDENTLY_SCHEMA_PROOF_MINUTES for how long;
/// both are printed. A seed replays the choices; their moments are the machine's.
/// </summary>
[Category("Proof")]
[Explicit("Takes the machine to itself: CI runs it last.")]
public sealed class ChaosTests
{
    /// <summary>So much longer, until each kind of fire was lit.</summary>
    private static readonly TimeSpan AtMostLonger = TimeSpan.FromMinutes(3);

    [Test]
    public async Task Killed_cut_crashed_and_held_up_it_ends_where_it_was_meant_to_and_nothing_is_lost()
    {
        var seed = ProofText.Seed;
        var howLong = TimeSpan.FromMinutes(ProofText.Minutes ?? 1);
        await using var run = await ChaosRun.StartAsync(seed);
        try
        {
            await run.RunAsync(howLong, atMost: howLong + AtMostLonger);
        }
        finally
        {
            await TestContext.Out.WriteLineAsync(
                $"EVIDENTLY_SCHEMA_PROOF_SEED={seed} EVIDENTLY_SCHEMA_PROOF_MINUTES={howLong.TotalMinutes}\n{run.Story}\nlit: {run.Fires.Text}\n{run.Looks} snapshots compared under traffic\n{ProofText.Of(run.Traffic)}");
        }

        Assert.That(run.Check.Problems, Is.Empty, $"EVIDENTLY_SCHEMA_PROOF_SEED={seed}");
        Assert.That(run.Fires.Unlit, Is.Empty, "kinds of fire that were never lit");
        Assert.That(run.Legs, Is.GreaterThan(1));
    }
}
