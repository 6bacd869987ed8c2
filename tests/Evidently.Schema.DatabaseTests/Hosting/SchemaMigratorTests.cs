using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class SchemaMigratorTests
{
    [Test]
    public async Task Status_of_a_database_with_nothing_of_ours_is_phase_None_and_creates_nothing()
    {
        await using var database = await HostDatabase.EmptyAsync();
        await using var migrator = database.Migrator();

        var status = await migrator.GetStatusAsync();

        Assert.Multiple(() =>
        {
            Assert.That(status.Phase, Is.EqualTo(Phase.None));
            Assert.That(status.Applied, Is.Empty);
            Assert.That(status.Pending, Is.Not.Empty);
            Assert.That(status.RejectedRows, Is.Empty);
            Assert.That(status.PendingNotes, Is.Zero);
            Assert.That(status.Backfill, Is.Null);
            Assert.That(status.LastVerification, Is.Null);
            Assert.That(status.DualWrite, Is.Null);
        });
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_namespace WHERE nspname = 'evidently_schema'"), Is.Zero);
    }

    [Test]
    public async Task Up_down_up_reaches_the_phase_each_time_and_says_what_it_did([Values(Phase.Backfill, Phase.DualWrite)] Phase phase)
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();

        var first = await migrator.MigrateAsync(phase);
        var up = await migrator.GetStatusAsync();
        var again = await migrator.MigrateAsync(phase);
        var reverted = await migrator.RollbackAsync(Phase.None);
        var down = await migrator.GetStatusAsync();
        var second = await migrator.MigrateAsync(phase);

        Assert.Multiple(() =>
        {
            Assert.That(first, Does.Contain(101L));
            Assert.That(up.Phase, Is.EqualTo(phase));
            Assert.That(up.Applied, Is.EqualTo(first));
            Assert.That(again, Is.Empty);
            Assert.That(reverted, Is.EqualTo(first));
            Assert.That(down.Phase, Is.EqualTo(Phase.None));
            Assert.That(down.Applied, Is.Empty);
            Assert.That(second, Is.EqualTo(first));
        });
    }

    [Test]
    public async Task Rolling_back_goes_to_the_end_of_the_phase_that_is_named()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Backfill);

        await migrator.RollbackAsync(Phase.Create);

        var status = await migrator.GetStatusAsync();
        Assert.That(status.Phase, Is.EqualTo(Phase.Create));
        Assert.That(status.Applied, Is.All.LessThan(200));
    }

    [Test]
    public async Task Rolling_back_phase_3_returns_to_capture_and_notes_what_follows()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 20);
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.DualWrite);

        var reverted = await migrator.RollbackAsync(Phase.Backfill);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.5 WHERE collector_result_id = 1");

        var status = await migrator.GetStatusAsync();
        Assert.That(reverted, Is.EqualTo(new[] { 301L, 302L, 303L }));
        Assert.That((status.Phase, status.PendingNotes), Is.EqualTo((Phase.Backfill, 1L)));
        Assert.That(status.DualWrite, Is.Null);
        await migrator.MigrateAsync(Phase.DualWrite);
        Assert.That((await migrator.GetStatusAsync()).DualWrite, Is.EqualTo(new DualWriteStatus(DualWriteMode.Sync, Notes: 0, Oldest: null, Failing: 0, LastError: null)));
    }

    [Test]
    public async Task Status_says_how_far_the_star_is_behind_and_what_fails()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.DualWrite);
        await database.ExecuteAsync(
            """
            UPDATE evidently_schema.settings SET value = 'strict' WHERE name = 'dual_write';
            INSERT INTO evidently_schema.change_notes (kind, collector_result_id, noted_at, attempts, last_error)
            VALUES ('result', 1, now() - interval '2 hours', 7, 'SQLSTATE 53100'), ('result', 1, now(), 0, NULL), ('result', 2, now(), 0, NULL);
            """);

        var status = (await migrator.GetStatusAsync()).DualWrite!;

        Assert.That((status.Mode, status.Notes, status.Failing, status.LastError), Is.EqualTo((DualWriteMode.Strict, 3L, 1L, "SQLSTATE 53100")));
        Assert.That(status.Oldest, Is.GreaterThanOrEqualTo(TimeSpan.FromHours(2)).And.LessThan(TimeSpan.FromHours(3)));
    }

    [Test]
    public async Task Rolling_back_a_database_with_nothing_of_ours_changes_nothing()
    {
        await using var database = await HostDatabase.EmptyAsync();
        await using var migrator = database.Migrator();

        Assert.That(await migrator.RollbackAsync(Phase.None), Is.Empty);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_namespace WHERE nspname = 'evidently_schema'"), Is.Zero);
    }

    [Test]
    public async Task Verification_after_the_backfill_is_clean()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 200);
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Backfill);

        var report = await migrator.VerifyAsync();

        Assert.That(report.Ok, Is.True, string.Join(Environment.NewLine, report.Checks));
        Assert.That((await migrator.GetStatusAsync()).LastVerification?.Ok, Is.True);
    }

    [Test]
    public async Task Verifying_before_phase_1_is_refused_and_says_what_to_do()
    {
        await using var database = await HostDatabase.EmptyAsync();
        await using var migrator = database.Migrator();

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => migrator.VerifyAsync()))!;

        Assert.That(exception.Error, Is.EqualTo(SchemaError.WrongState));
        Assert.That(exception.Message, Does.Contain("Migrate to phase Create first"));
    }

    [Test]
    public async Task Progress_is_reported_at_least_once_when_the_backfill_has_ended()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 200);
        await using var migrator = database.Migrator();
        var reports = new List<BackfillProgress>();

        await migrator.MigrateAsync(Phase.Backfill, new Collect(reports));

        Assert.That(reports, Is.Not.Empty);
        Assert.That(reports[^1].Done, Is.EqualTo(reports[^1].Total).And.GreaterThan(0));
        Assert.That(reports[^1].State, Is.EqualTo("finished"));
    }

    [Test]
    public async Task Phase_None_and_unknown_phases_are_the_callers_mistake()
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = "Host=nowhere.invalid" });

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => migrator.MigrateAsync(Phase.None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => migrator.MigrateAsync((Phase)9));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => migrator.RollbackAsync((Phase)9));
    }

    private sealed class Collect(List<BackfillProgress> reports) : IProgress<BackfillProgress>
    {
        public void Report(BackfillProgress value) => reports.Add(value);
    }
}
