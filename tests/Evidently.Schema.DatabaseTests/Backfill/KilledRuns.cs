namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A migration whose sessions are all ended, again and again, wherever it is; then it may finish.</summary>
internal static class KilledRuns
{
    private const string Others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

    /// <param name="database">Where.</param>
    /// <param name="kills">How often.</param>
    /// <param name="seed">Of the moments.</param>
    /// <param name="most">The latest moment in milliseconds after the run has begun; a number of the kill, from 0 on.</param>
    /// <param name="migrate">The run.</param>
    public static async Task FinishAsync(StarDatabase database, int kills, int seed, Func<int, int> most, Func<Task> migrate)
    {
        var random = new Random(seed);
        for (var kill = 0; kill < kills; kill++)
        {
            var running = Task.Run(migrate);
            await Eventually.Holds(
                async () => running.IsCompleted || await Sql.ScalarAsync<bool>(database.AdminConnectionString, $"SELECT EXISTS (SELECT {Others})"), "a session is open");
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(most(kill))), TimeProvider.System); // the random moment
            await Sql.ExecuteAsync(database.AdminConnectionString, $"SELECT pg_terminate_backend(pid) {Others}");
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await migrate();
    }
}
