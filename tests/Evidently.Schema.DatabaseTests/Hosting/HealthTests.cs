using Evidently.Schema.DatabaseTests.Backfill;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>The four health checks and the data they carry.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class HealthTests
{
    [Test]
    public async Task A_database_in_sync_is_healthy_and_says_where_it_stands()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var host = await RunningHost.StartAsync(database.ConnectionString, _ => { });

        var report = await host.HealthAsync();

        Assert.That(report.Entries.Select(entry => (entry.Key, entry.Value.Status, entry.Value.Description)).Where(entry => entry.Status != HealthStatus.Healthy), Is.Empty);
        Assert.That(report.Entries.Keys, Is.EquivalentTo(new[] { "evidently_schema_phase", "evidently_schema_pending", "evidently_schema_verification", "evidently_schema_rejected" }));
        Assert.That(report.Entries["evidently_schema_phase"].Data, Does.ContainKey("phase").WithValue("DualWrite").And.ContainKey("backfill_done"));
        Assert.That(report.Entries["evidently_schema_pending"].Data, Does.ContainKey("mode").WithValue("Sync"));
    }

    [Test]
    public async Task An_old_note_an_old_verification_and_many_new_rejected_rows_are_degraded()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync(
            """
            INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, noted_at) VALUES ('result', 1, 9, now() - interval '10 minutes');
            UPDATE evidently_schema.verifications SET at = now() - interval '2 days';
            INSERT INTO evidently_schema.rejected_rows (legacy_id, reason) SELECT 'x' || i, 'invalid' FROM generate_series(1, 101) AS i;
            """);
        await using var host = await RunningHost.StartAsync(database.ConnectionString, _ => { });

        var report = await host.HealthAsync();

        Assert.That(report.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.Multiple(() =>
        {
            Assert.That(report.Entries["evidently_schema_pending"].Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(report.Entries["evidently_schema_pending"].Data["oldest_seconds"], Is.AtLeast(600d));
            Assert.That(report.Entries["evidently_schema_verification"].Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(report.Entries["evidently_schema_rejected"].Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(report.Entries["evidently_schema_rejected"].Data["rejected_lately"], Is.EqualTo(101));
        });
    }

    [Test]
    public async Task Without_phase_1_or_without_a_server_it_is_unhealthy()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var host = await RunningHost.StartAsync(database.ConnectionString, _ => { });
        await using var nowhere = await RunningHost.StartAsync("Host=127.0.0.1;Port=1;Username=nobody", _ => { });

        Assert.That((await host.HealthAsync()).Entries["evidently_schema_phase"].Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That((await nowhere.HealthAsync()).Entries.Values.Select(entry => entry.Status), Is.All.EqualTo(HealthStatus.Unhealthy));
    }
}
