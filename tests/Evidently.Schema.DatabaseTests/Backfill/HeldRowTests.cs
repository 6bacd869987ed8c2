using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// A row that a projector needs is held by an open transaction of the application. The projector notes what it concerns and goes on:
/// it holds rows of its own, for which others would wait as long.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class HeldRowTests
{
    private const string FirstBrand = "(SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL)";
    private const string OtherBrand = $"(SELECT b.id FROM brands AS b WHERE b.id <> {FirstBrand})";
    private const string HoldOtherBrand = $"BEGIN; SELECT FROM brands WHERE id = {OtherBrand} FOR UPDATE";
    private const string ResultsOfOtherBrand = $"SELECT DISTINCT collector_result_id FROM extracted_positions WHERE brand_id = {OtherBrand} ORDER BY 1";
    private const string Results = "SELECT DISTINCT collector_result_id FROM extracted_positions ORDER BY 1";

    /// <summary>Guard: <see cref="Guard.ShortWait"/>.</summary>
    [Test]
    public async Task A_drain_beside_a_locked_parent_ends_and_notes_its_results_again([Values] bool guarded)
    {
        await using var database = await WithEmptyStarAsync();
        await Guard.ShortWait.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(HoldOtherBrand);
        await using var worker = await database.OpenAsync();

        var draining = guarded
            ? worker.ExecuteAsync("SELECT evidently_schema.drain_batch()")
            : await worker.StartsWaitingAsync(database, "SELECT evidently_schema.drain_batch()", seconds: 1);
        if (guarded)
        {
            await draining;
            Assert.That(
                await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes WHERE attempts = 1 AND last_error = 'SQLSTATE 55P03'"),
                Is.SupersetOf(await database.ListAsync(ResultsOfOtherBrand)));
        }

        await application.ExecuteAsync("COMMIT");
        await draining;
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>
    /// Guard: <see cref="Guard.ShortWait"/>. The drain has locked a parent that the application deletes next, and stands before one the
    /// application holds. The drain's own deadlock check is put off, so that it is the application's that finds the deadlock.
    /// </summary>
    [Test]
    public async Task An_application_that_takes_two_parents_is_no_deadlock_victim_of_a_drain([Values] bool guarded)
    {
        await using var database = await WithEmptyStarAsync();
        await Guard.ShortWait.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(HoldOtherBrand);
        await using var worker = await Session.OpenAsync(database.AdminConnectionString, "SET deadlock_timeout = '1h'; SET ROLE legacy_owner");
        const string Delete = $"DELETE FROM brands WHERE id = {FirstBrand}";
        if (guarded)
        {
            await worker.ExecuteAsync("BEGIN; SELECT evidently_schema.drain_batch()");
            var deleting = application.ExecuteAsync(Delete);
            await worker.ExecuteAsync("COMMIT");
            await deleting;
            await application.ExecuteAsync("COMMIT");
        }
        else
        {
            var draining = await worker.StartsWaitingAsync(database, "SELECT evidently_schema.drain_batch()");
            var victim = (await Assert.ThrowsAsync<PostgresException>(() => application.ExecuteAsync(Delete)))!;
            Assert.That(victim.SqlState, Is.EqualTo(PostgresErrorCodes.DeadlockDetected));
            await application.ExecuteAsync("ROLLBACK");
            await draining;
        }

        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.HalveHeld"/>.</summary>
    [Test]
    public async Task Only_the_results_of_the_locked_parent_are_left_when_there_is_time_to_find_them([Values] bool guarded)
    {
        await using var database = await WithEmptyStarAsync();
        await Guard.HalveHeld.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(HoldOtherBrand);

        var left = await database.ListAsync(
            $"SELECT collector_result_id FROM evidently_schema.project_safely(ARRAY({Results}), clock_timestamp() + interval '1 minute') ORDER BY 1");

        Assert.That(left, Is.EqualTo(await database.ListAsync(guarded ? ResultsOfOtherBrand : Results)));
        Assert.That(
            await database.ListAsync("SELECT collector_result_id FROM metric_facts ORDER BY 1"),
            Is.EqualTo((await database.ListAsync(Results)).Except(left, StringComparer.Ordinal)));
    }

    /// <summary>Guard: <see cref="Guard.HalveInTime"/>.</summary>
    [Test]
    public async Task All_the_results_are_left_when_there_is_no_time([Values] bool guarded)
    {
        await using var database = await WithEmptyStarAsync();
        await Guard.HalveInTime.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(HoldOtherBrand);

        var left = await database.ListAsync($"SELECT collector_result_id FROM evidently_schema.project_safely(ARRAY({Results}), '-infinity') ORDER BY 1");

        Assert.That(left, Is.EqualTo(await database.ListAsync(guarded ? Results : ResultsOfOtherBrand)));
    }

    /// <summary>Guard: <see cref="Guard.ShortWaitOfBatch"/>. With the foreign keys detached a batch waits for nobody but who writes the
    /// same fact.</summary>
    [Test]
    public async Task A_batch_beside_an_uncommitted_fact_of_the_same_result_goes_on([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await Guard.ShortWaitOfBatch.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(
            "BEGIN; INSERT INTO metric_facts (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at)"
            + " SELECT collector_result_id, brand_id, customer_id, query_id, 'by hand', now() FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL");
        await using var worker = await database.OpenAsync();

        var copying = guarded
            ? worker.ExecuteAsync("CALL evidently_schema.backfill()")
            : await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()", seconds: 1);
        if (guarded)
        {
            await copying;
            Assert.That(await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes"), Does.Contain("1"));
        }

        await application.ExecuteAsync("ROLLBACK");
        await copying;
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Finished, and then every fact deleted by hand: each result is noted.</summary>
    private static async Task<StarDatabase> WithEmptyStarAsync()
    {
        var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("DELETE FROM metric_facts");
        Assert.That(await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes ORDER BY 1"), Is.EqualTo(await database.ListAsync(Results)));
        return database;
    }
}
