using System.Runtime.InteropServices;
using Evidently.Schema.Testing;
using FluentMigrator;
using Npgsql;

namespace Evidently.Schema.Benchmarks;

/// <summary>What the figures were measured on: machine, server and its settings, versions.</summary>
internal sealed class Ground(PostgresServer server)
{
    private const double Gigabyte = 1 << 30;

    public async Task<string> WriteAsync(CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(BenchmarkSql.Read("ServerFacts.sql"));
        var settings = (string)(await command.ExecuteScalarAsync(ct))!;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gigabyte;
        return $"""
            - machine: {await ProcessorAsync(ct)}, {Environment.ProcessorCount} cores, {memory:N0} GB, {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}
            - PostgreSQL {server.Version} ({server.Source}); {settings}
            - {RuntimeInformation.FrameworkDescription}, Npgsql {Version(typeof(NpgsqlConnection))}, FluentMigrator {Version(typeof(Migration))}, Evidently.Schema {Version(typeof(Phase))}
            """;
    }

    private static string Version(Type type) => type.Assembly.GetName().Version!.ToString(3);

    private static async Task<string> ProcessorAsync(CancellationToken ct)
    {
        const string Facts = "/proc/cpuinfo";
        var lines = File.Exists(Facts) ? await File.ReadAllLinesAsync(Facts, ct) : [];
        return lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "processor unknown";
    }
}
