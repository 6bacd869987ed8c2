using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>Who migrates, and does what the runbook says before and after. Shared with the benchmark: it asserts nothing.</summary>
internal sealed class Operator(string connectionString)
{
    /// <summary>An archive is refused while something new stands in its way; it is acknowledged, and archive runs again.</summary>
    private const int ArchiveTries = 30;

    private static readonly string[] Services = ["dashboard", "visibility_charts", "topics", "keywords", "prompts", "source_attribution"];

    /// <summary>Migrates up; to <see cref="Phase.Retire"/> with what archive asks for.</summary>
    public async Task MigrateAsync(Phase to)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await PrepareToMigrateAsync(to);
                await MigrateOnceAsync(to);
                return;
            }
            catch (SchemaException refused) when (refused.Error is SchemaError.OpenPoints && attempt < ArchiveTries)
            {
                // The application's hands have made something new.
            }
        }
    }

    public async Task MigrateOnceAsync(Phase to)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
        await Task.Run(() => migrator.MigrateAsync(to));
    }

    /// <summary>What archive asks for.</summary>
    public async Task PrepareToMigrateAsync(Phase to)
    {
        if (to == Phase.Retire)
        {
            await MigrateOnceAsync(Phase.Reads);
            await SetAsync("dual_write", "sync");
            await RouteAsync(100);
            await ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true WHERE NOT acknowledged");
        }
    }

    /// <summary>Migrates down; below phase 4 with every route at 0 before.</summary>
    public async Task RollbackAsync(Phase to)
    {
        await PrepareToRollBackAsync(to);
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
        await Task.Run(() => migrator.RollbackAsync(to));
    }

    /// <summary>What is not archived any more can be read from legacy alone, and below phase 4 it must be.</summary>
    public async Task PrepareToRollBackAsync(Phase to)
    {
        // Not the list of versions: a rollback that was killed between the Down of 401 and its row still lists it.
        if (to < Phase.Reads && await ExecuteAsync("SELECT to_regclass('evidently_schema.read_routes') IS NOT NULL") is true)
        {
            await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
            await Task.Run(() => migrator.RollbackAsync(Phase.Reads));
            await RouteAsync(0);
        }
    }

    public async Task RouteAsync(int percent)
    {
        if (percent > 0)
        {
            await ExecuteAsync("SELECT evidently_schema.verify()");
        }

        foreach (var service in Services)
        {
            await ExecuteAsync($"UPDATE evidently_schema.read_routes SET star_percent = {percent}, reason = 'proof' WHERE service = '{service}'");
        }
    }

    public Task SetAsync(string name, string value) => ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'");

    /// <summary>Returns the first value there is.</summary>
    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "operator" });
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
