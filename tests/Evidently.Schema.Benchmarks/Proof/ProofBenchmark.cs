using Evidently.Schema.DatabaseTests.Proof;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Proof;

/// <summary>What the application notices of all phases, up, down and up again: every statement's latency from the moment it was due, and the longest.</summary>
internal sealed class ProofBenchmark(ProofOptions options)
{
    private const int Stages = 26;
    private const int Explained = 5;
    private const string Load = "/proc/loadavg";
    private const double LongestStall = 500;

    /// <summary>Prints everything, and returns what it is judged by.</summary>
    public async Task<IReadOnlyList<Target>> RunAsync(CancellationToken ct)
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "on", ["full_page_writes"] = "on", ["shared_buffers"] = "1GB" } }, ct);
        await using var legacy = await LegacyDatabase.CreateAsync(server, ct: ct);
        await legacy.FillAsync(new LegacyFill { Results = options.Rows / ProofOptions.RowsOfResult, AnswerLength = ProofOptions.AnswerLength }, ct);
        await using var traffic = await ApplicationTraffic.StartAsync(
            new TrafficOptions { ConnectionString = legacy.ConnectionString, ResultsPerSecond = options.Results, ReadsPerSecond = options.Reads }, ct);
        var problems = new List<string>();
        await using var watch = StallWatch.Start(legacy.AdminConnectionString, traffic);
        await using var disk = DiskProbe.Start(server, traffic);
        var journey = new Journey(new Operator(legacy.ConnectionString), traffic, TimeSpan.FromMinutes(options.Minutes) / Stages, QuietAsync);

        await journey.UpAsync();
        await journey.ArchiveAsync();
        await journey.DownAsync();
        await journey.UpAsync();
        await traffic.PauseAsync();

        return await WriteAsync(server, traffic, watch, disk, problems, ct);

        async Task QuietAsync(string stage)
        {
            ct.ThrowIfCancellationRequested();
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(legacy.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(ct);
            problems.AddRange((await traffic.ProblemsAsync(connection, ct)).Select(problem => $"{stage}: {problem}"));
        }
    }

    private async Task<IReadOnlyList<Target>> WriteAsync(PostgresServer server, ApplicationTraffic traffic, StallWatch watch, DiskProbe disk, List<string> problems, CancellationToken ct)
    {
        var figures = traffic.Figures();
        var output = Console.Out;
        await output.WriteLineAsync($"""
            ## Proof

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- proof --minutes {options.Minutes} --rows {options.Rows} --results {options.Results} --reads {options.Reads}`
            {await new Ground(server).WriteAsync(ct)}
            - {options.Rows:N0} legacy rows, answers of {ProofOptions.AnswerLength:N0} characters; {options.Results} results scored and {options.Reads} pages read a second, open loop: a latency counts from the moment its statement was due
            - application, migrator and server share the machine: before phase 1 is what it does without a migration; load average at the end {(File.Exists(Load) ? await File.ReadAllTextAsync(Load, ct) : "unknown").TrimEnd()}

            | stage | statements | failed | median, ms | 99 %, ms | longest, ms | of |
            |---|---:|---:|---:|---:|---:|---|
            """);
        foreach (var stage in figures)
        {
            await output.WriteLineAsync(
                $"| {stage.Stage} | {stage.Statements:N0} | {stage.Failed} | {stage.Median.TotalMilliseconds:N1} | {stage.Percentile99.TotalMilliseconds:N1} | {stage.Longest.TotalMilliseconds:N0} | {stage.LongestName} |");
        }

        var longest = figures[^1].Longest.TotalMilliseconds;
        Target[] targets =
        [
            new("longest stall of any application statement while all phases run", $"{longest:N0} ms", $"{LongestStall:N0} ms", longest <= LongestStall),
            new($"statements that failed, of {figures[^1].Statements:N0}", $"{figures[^1].Failed}", "0", figures[^1].Failed == 0),
            new($"acknowledged writes lost, of {traffic.AcknowledgedWrites:N0}", $"{problems.Count}", "0", problems.Count == 0),
        ];
        Target.Write(output, targets);
        foreach (var line in problems.Concat(traffic.Statements.Where(statement => statement.Outcome is TrafficOutcome.Failed or TrafficOutcome.Lost).Select(statement => $"{statement.Stage}: {statement.Name} {statement.Error}")))
        {
            await output.WriteLineAsync(line);
        }

        await output.WriteLineAsync(
            $"\nThe {Explained} slowest statements, and what was seen meanwhile. To flush 8 KB to a file of its own took {disk.Median.TotalMilliseconds:N1} ms by the median, {disk.Longest.TotalMilliseconds:N0} ms at the longest.\n");
        foreach (var slow in traffic.Statements.OrderByDescending(statement => statement.Latency).Take(Explained))
        {
            await output.WriteLineAsync($"- at {slow.Due.TotalSeconds:N2} s, {slow.Stage}: {slow.Client} {slow.Name} {slow.Latency.TotalMilliseconds:N0} ms");
            foreach (var line in watch.Explain(slow).Append($"the disk alone: a flush of 8 KB took {disk.LongestIn(slow.Due, slow.Due + slow.Latency).TotalMilliseconds:N0} ms meanwhile"))
            {
                await output.WriteLineAsync($"    - {line}");
            }
        }

        return targets;
    }
}
