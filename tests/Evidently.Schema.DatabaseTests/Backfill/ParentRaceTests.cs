using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// A parent changes while a batch or a drain that has read it as it was is still open, and another drain runs in between. Each runs
/// twice, the second time with the rule it rests on taken out, when the oracle must see the loss.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class ParentRaceTests
{
    private const string Nothing = "SELECT";
    private const string OfResult1 = "FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL";
    private const string CompetitorOfResult1 = "id = (SELECT bc.id FROM brand_competitors AS bc JOIN extracted_positions AS ep USING (brand_id, competitor_name) WHERE ep.collector_result_id = 1 ORDER BY bc.id LIMIT 1)";
    private const string NewCustomer = "INSERT INTO customers (id, name) VALUES ('00000000-0000-0000-0000-00000000c0de', 'new')";

    /// <summary>A result without foreign keys to its query and customer in collector_results, so that only the star's parent goes.</summary>
    private const string Loosen = "UPDATE collector_results SET query_id = NULL, customer_id = NULL WHERE id = 1";

    private static readonly Change[] Changes =
    [
        new("the brand's customer changed", $"{NewCustomer}; UPDATE extracted_positions SET customer_id = NULL WHERE collector_result_id = 1",
            $"UPDATE brands SET customer_id = '00000000-0000-0000-0000-00000000c0de' WHERE id = (SELECT brand_id {OfResult1})"),
        new("the query's topic changed", "UPDATE extracted_positions SET topic = NULL, metadata = NULL WHERE collector_result_id = 1",
            $"UPDATE generated_queries SET topic = 'another' WHERE id = (SELECT query_id {OfResult1})"),
        new("the query deleted", Loosen, $"DELETE FROM generated_queries WHERE id = (SELECT query_id {OfResult1})", Deletes: true),
        new("the query deleted with its results", Nothing, $"DELETE FROM generated_queries WHERE id = (SELECT query_id {OfResult1})", Deletes: true, Cascades: true),
        new("the customer deleted", $"{NewCustomer}; {Loosen}; UPDATE extracted_positions SET customer_id = '00000000-0000-0000-0000-00000000c0de' WHERE collector_result_id = 1",
            "DELETE FROM customers WHERE id = '00000000-0000-0000-0000-00000000c0de'", Deletes: true),
        new("the brand deleted", Nothing, $"DELETE FROM brands WHERE id = (SELECT brand_id {OfResult1})", Deletes: true, Cascades: true),
        new("the collector result deleted", Nothing, "DELETE FROM collector_results WHERE id = 1", Deletes: true, Cascades: true),
        new("a competitor added", $"UPDATE extracted_positions SET competitor_name = 'Late' WHERE id = (SELECT max(id) FROM extracted_positions WHERE collector_result_id = 1)",
            $"INSERT INTO brand_competitors (brand_id, competitor_name) SELECT brand_id, 'Late' {OfResult1}"),
        new("a competitor renamed", Nothing, $"UPDATE brand_competitors SET competitor_name = 'Renamed' WHERE {CompetitorOfResult1}"),
        new("a competitor deleted", Nothing, $"DELETE FROM brand_competitors WHERE {CompetitorOfResult1}", Deletes: true),
    ];

    public static IEnumerable<TestCaseData> Copying() =>
        from change in Changes
        from foreignKeys in new[] { true, false }
        from guarded in new[] { true, false }
        select Case(change, foreignKeys, guarded);

    public static IEnumerable<TestCaseData> Attached() => Copying();

    /// <summary>
    /// Guard: <see cref="Guard.Horizon"/>: the drain in between finds no star row to re-project, because the batch has not committed. With
    /// a cascade through legacy the change notes the results themselves, too, and <see cref="Guard.Stripes"/> has to go as well.
    /// </summary>
    [TestCaseSource(nameof(Copying))]
    public async Task A_parent_changed_while_a_batch_that_has_read_it_is_open_is_followed(Change change, bool foreignKeys, bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, new LegacyVariant { ForeignKeys = foreignKeys });
        await database.ExecuteAsync(change.SetUp);
        await database.ExecuteAsync("CALL evidently_schema.drain(30)"); // the preparation's own notes
        await database.ExecuteAsync("DELETE FROM metric_facts; DELETE FROM brand_metrics; DELETE FROM competitor_metrics; DELETE FROM brand_sentiment; DELETE FROM competitor_sentiment; DELETE FROM evidently_schema.rejected_rows; DELETE FROM evidently_schema.change_notes");
        if (!guarded)
        {
            await Guard.Horizon.RemoveAsync(database);
            if (NamesResult(change, foreignKeys))
            {
                await Guard.Stripes.RemoveAsync(database); // the change notes the result by its id, too
            }
        }

        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(change.Sql);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>
    /// As above, with the foreign keys attached, and a drain of a result that is not in the star instead of the batch. Guards:
    /// <see cref="Guard.Horizon"/>; where the parent is deleted, the drain's INSERT is refused by the foreign key and
    /// <see cref="Guard.NoteFailed"/> brings the result back.
    /// </summary>
    [TestCaseSource(nameof(Attached))]
    public async Task A_parent_changed_while_a_drain_that_has_read_it_is_open_is_followed(Change change, bool foreignKeys, bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished, new LegacyVariant { ForeignKeys = foreignKeys });
        await database.ExecuteAsync(change.SetUp);
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await database.ExecuteAsync("DELETE FROM metric_facts WHERE collector_result_id = 1; DELETE FROM evidently_schema.rejected_rows WHERE collector_result_id = 1");
        if (!guarded)
        {
            await (change.Deletes ? Guard.NoteFailed : Guard.Horizon).RemoveAsync(database);
        }

        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var first = await worker.StartsWaitingAsync(database, "SELECT evidently_schema.drain_batch()");

        await database.ExecuteAsync(change.Sql);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await gate.OpenAsync();
        await first;

        await database.DrainAsync();
        var differences = await database.DifferencesAsync();

        // what the cascade noted itself is drained whether or not the failure is noted again
        var sees = !guarded && !(change.Deletes && NamesResult(change, foreignKeys));
        Assert.That(differences, sees ? Is.Not.Empty : Is.Empty, sees ? "the test does not see the guard missing" : "the star is wrong");
    }

    /// <summary>Guard: <see cref="Guard.Stripes"/>: the batch has found the result's parent missing, the drain has not.</summary>
    [Test]
    public async Task A_collector_result_inserted_late_is_followed_without_foreign_keys_on_legacy([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, new LegacyVariant { ForeignKeys = false });
        await database.ExecuteAsync("DELETE FROM collector_results WHERE id = 1; DELETE FROM evidently_schema.change_notes");
        if (!guarded)
        {
            await Guard.Stripes.RemoveAsync(database);
        }

        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (1)");
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.OwnDatabase"/>: a transaction of another database cannot have read our parents.</summary>
    [Test]
    public async Task A_parents_note_does_not_wait_for_a_transaction_of_another_database([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await using var other = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.OwnDatabase.RemoveUnlessAsync(guarded, database);
        await using var writer = await other.OpenAsync("BEGIN; UPDATE brands SET name = name");
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'; UPDATE extracted_positions SET topic = NULL, metadata = NULL");

        await database.ExecuteAsync("CALL evidently_schema.drain(2)");

        Assert.That(
            await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes WHERE kind = 'query'"), guarded ? Is.Zero : Is.EqualTo(4));
        await writer.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>The other side of it: one of its own is waited for.</summary>
    [Test]
    public async Task A_parents_note_waits_for_a_transaction_of_its_own_database()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await using var writer = await database.OpenAsync("BEGIN; UPDATE brands SET name = name");
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'");

        await database.ExecuteAsync("SELECT evidently_schema.drain_batch(), evidently_schema.drain_batch()");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes WHERE kind = 'query'"), Is.EqualTo(4));
        await writer.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.CaptureParent"/>.</summary>
    [Test]
    public async Task A_parent_truncated_during_the_copy_is_followed([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        if (!guarded)
        {
            await Guard.CaptureParent.RemoveAsync(database);
        }

        await database.ExecuteAsync("TRUNCATE brand_competitors");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.CaptureStar"/>: the parents' own notes are not enough when only the fact goes.</summary>
    [Test]
    public async Task A_fact_deleted_by_hand_comes_back([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        if (!guarded)
        {
            await Guard.CaptureStar.RemoveAsync(database);
        }

        await database.ExecuteAsync("DELETE FROM metric_facts WHERE collector_result_id < 4");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Whether the change notes the result by its id, through legacy's cascade or as collector_result.</summary>
    private static bool NamesResult(Change change, bool foreignKeys) =>
        change.Name.StartsWith("the collector", StringComparison.Ordinal) || (change.Cascades && foreignKeys);

    private static TestCaseData Case(Change change, bool foreignKeys, bool guarded) =>
        new TestCaseData(change, foreignKeys, guarded)
            .SetArgDisplayNames(change.Name, foreignKeys ? "with foreign keys" : "without foreign keys", guarded ? "guarded" : "unguarded");

    /// <param name="Name">What happens to the parent of result 1.</param>
    /// <param name="SetUp">What makes result 1 depend on it.</param>
    /// <param name="Sql">The change.</param>
    /// <param name="Deletes">Whether the parent is gone afterwards.</param>
    /// <param name="Cascades">Whether foreign keys of legacy take its rows along.</param>
    public sealed record Change(string Name, string SetUp, string Sql, bool Deletes = false, bool Cascades = false);
}
