using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The end of the backfill: it says finished only when everything noted is in the star.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FinishTests
{
    private const string HoldBrand =
        "BEGIN; SELECT FROM brands WHERE id = (SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL) FOR UPDATE";

    private const string State = "SELECT state FROM evidently_schema.backfill_progress";

    /// <summary>Guard: <see cref="Guard.FailedIsStuck"/>: what fails is noted anew, behind the notes the end looks at, and is pending to
    /// verification.</summary>
    [Test]
    public async Task The_backfill_does_not_end_while_a_noted_result_cannot_be_projected([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Attached);
        await Guard.FailedIsStuck.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("DELETE FROM metric_facts WHERE collector_result_id = 1"); // comes back only when the brand is free
        await using var application = await database.OpenAsync(HoldBrand);

        if (guarded)
        {
            var refusal = (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Phase.Backfill, "-c evidently_schema.drain_patience=1s")))!;
            Assert.Multiple(() =>
            {
                Assert.That(refusal.Error, Is.EqualTo(SchemaError.VerificationFailed), refusal.Message);
                Assert.That(refusal.Message, Does.Contain("1 notes could not be drained within 00:00:01"));
                Assert.That(refusal.Message, Does.Contain("Results such as {1}; last error: SQLSTATE 55P03"));
            });
            Assert.That(await database.ScalarAsync<string>(State), Is.EqualTo("copied"));
        }
        else
        {
            await database.MigrateAsync(Phase.Backfill, "-c evidently_schema.drain_patience=1s");
            Assert.That(await database.ScalarAsync<string>(State), Is.EqualTo("finished"), "the test does not see the guard missing");
            Assert.That(await database.DifferencesAsync(), Is.Not.Empty);
        }

        await application.ExecuteAsync("COMMIT");
        await database.MigrateAsync(Phase.Backfill);
        Assert.That(await database.ScalarAsync<string>(State), Is.EqualTo("finished"));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.TryAtOnce"/>: a note that has failed eleven times is due in more than three minutes.</summary>
    [Test]
    public async Task Called_again_it_tries_at_once_what_has_failed_before([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Attached);
        await Guard.TryAtOnce.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("DELETE FROM metric_facts WHERE collector_result_id = 1");
        await database.ExecuteAsync("UPDATE evidently_schema.change_notes SET attempts = 11, noted_at = clock_timestamp(), last_error = 'SQLSTATE 55P03'");

        if (guarded)
        {
            await database.MigrateAsync(Phase.Backfill, "-c evidently_schema.drain_patience=30s");
            Assert.That(await database.ScalarAsync<string>(State), Is.EqualTo("finished"));
            await database.AssertStarAsync();
        }
        else
        {
            var refusal = (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Phase.Backfill, "-c evidently_schema.drain_patience=1s")))!;
            Assert.That(refusal.Error, Is.EqualTo(SchemaError.VerificationFailed), refusal.Message);
        }
    }
}
