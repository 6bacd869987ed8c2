using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Startup;

/// <summary>
/// How long hosts that start together on a fresh legacy database take until they serve, and how long the copy stands still when the one that
/// works is killed.
/// </summary>
internal sealed class StartupBenchmark(StartupBenchmarkOptions options)
{
    private const int AnswerLength = 2_000;
    private const long BeforeCopy = 205;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task RunAsync(CancellationToken ct)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = BackfillBenchmark.Settings }, ct);
        await using var template = await LegacyDatabase.CreateAsync(server, ct: ct);
        await template.FillAsync(new LegacyFill { Results = options.Results, AnswerLength = AnswerLength }, ct);

        var alone = new List<double>();
        var all = new List<double>();
        var handedOver = new List<double>();
        for (var run = 1; run <= options.Runs; run++)
        {
            alone.Add(await ServingAsync(template, 1, ct));
            all.Add(await ServingAsync(template, options.Hosts, ct));
            handedOver.Add(await HandedOverAsync(template, ct));
            Console.Error.WriteLine($"run {run}: one host {alone[^1]:N2} s, {options.Hosts} hosts {all[^1]:N2} s, handed over after {handedOver[^1]:N2} s");
        }

        Console.WriteLine($"""
            ## Startup

            - command: `dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- startup --hosts {options.Hosts} --results {options.Results} --runs {options.Runs}`
            {await new Ground(server).WriteAsync(ct)}
            - median of {options.Runs} runs (range), each on a fresh copy of one legacy database of {options.Results:N0} results; hosts are processes on this machine, built and standing before they are let go together
            - serving: IHost.StartAsync has returned, phase 1 is there; handed over: from kill -9 of the host that copies until another has copied a batch; options as they are by default, a lease of 10 s

            | what | seconds |
            |---|---:|
            | one host serves | {new Sample([.. alone]).Text("N2")} |
            | the last of {options.Hosts} hosts serves | {new Sample([.. all]).Text("N2")} |
            | another host copies after kill -9 of the one that did | {new Sample([.. handedOver]).Text("N2")} |
            """);
    }

    private static async Task<double> ServingAsync(LegacyDatabase template, int count, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        using var hosts = await Hosts.StartAsync(database.ConnectionString, count, ct);
        return await hosts.ServingAsync(ct);
    }

    /// <summary>Kills the host that copies, and returns the seconds until the copy goes on.</summary>
    private async Task<double> HandedOverAsync(LegacyDatabase template, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        await MigrationProcess.PrepareAsync(database.ConnectionString, BeforeCopy, ct);
        await database.RunAsync("SlowCopy.sql", ct);
        using var hosts = await Hosts.StartAsync(database.ConnectionString, options.Hosts, ct);
        await hosts.ServingAsync(ct);
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        await UntilAsync(connection, copied => copied > 0, ct);
        var holder = (string)(await Statement.SelectAsync(connection, BenchmarkSql.Read("LeaseHolder.sql"), ct))[0]["holder"];

        var killed = TimeProvider.System.GetTimestamp();
        hosts.Kill(holder);
        await UntilGoneAsync(connection, ct);
        var at = await CopiedAsync(connection, ct);
        await UntilAsync(connection, copied => copied > at, ct);
        return TimeProvider.System.GetElapsedTime(killed).TotalSeconds;
    }

    /// <summary>A killed client's statement goes on until the server writes to its connection: what it still copies is not the next host's.</summary>
    private static async Task UntilGoneAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        while ((await Statement.SelectAsync(connection, BenchmarkSql.Read("Copying.sql"), ct))[0]["copying"] is true)
        {
            await Task.Delay(Look, TimeProvider.System, ct);
        }
    }

    private static async Task UntilAsync(NpgsqlConnection connection, Func<decimal, bool> condition, CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition(await CopiedAsync(connection, ct)))
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new InvalidOperationException($"The copy did not move within {Patience}.");
            }

            await Task.Delay(Look, TimeProvider.System, ct);
        }
    }

    private static async Task<decimal> CopiedAsync(NpgsqlConnection connection, CancellationToken ct) =>
        (decimal)(await Statement.SelectAsync(connection, BenchmarkSql.Read("CopiedResults.sql"), ct))[0]["copied"];

    /// <summary>Hosts that stand before their start, and are gone in the end.</summary>
    private sealed class Hosts(List<HostProcess> hosts) : IDisposable
    {
        public static async Task<Hosts> StartAsync(string connectionString, int count, CancellationToken ct)
        {
            var hosts = new Hosts([]);
            try
            {
                for (var i = 0; i < count; i++)
                {
                    hosts.Add(await HostProcess.StartAsync(connectionString, ct));
                }

                return hosts;
            }
            catch
            {
                hosts.Dispose();
                throw;
            }
        }

        /// <summary>Lets them go together, and returns the seconds until the last serves.</summary>
        public async Task<double> ServingAsync(CancellationToken ct) => (await Task.WhenAll(hosts.Select(host => host.ServingAsync(ct)))).Max();

        public void Kill(string holder) => hosts.Single(host => holder.Contains($"/{host.Id}/", StringComparison.Ordinal)).Kill();

        public void Dispose() => hosts.ForEach(host => host.Dispose());

        private void Add(HostProcess host) => hosts.Add(host);
    }
}
