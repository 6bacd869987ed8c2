using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>What an application does to legacy and its parents all day, by several sessions at once, until disposed.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private static readonly string[] Statements =
    [
        "UPDATE extracted_positions SET visibility_index = {1} / 100.0, collector_type = 'c{1}' WHERE collector_result_id = {0}",
        "UPDATE extracted_positions SET sentiment_score = {1}, sentiment_label = 'positive', sentiment_score_competitor = {1} WHERE collector_result_id = {0}",
        "BEGIN; UPDATE extracted_positions SET topic = 't{1}' WHERE collector_result_id = {0}; DELETE FROM extracted_positions WHERE collector_result_id = {0} + 1; ROLLBACK",
        "DELETE FROM extracted_positions WHERE collector_result_id = {0} AND competitor_name IS NOT NULL",
        "DELETE FROM extracted_positions WHERE collector_result_id = {0}",
        "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at, visibility_index)"
            + " SELECT collector_result_id, brand_id, customer_id, query_id, 'again', now(), {1} / 100.0 FROM extracted_positions WHERE collector_result_id = {0} LIMIT 1",
        "UPDATE extracted_positions SET collector_result_id = {0} + 1 WHERE collector_result_id = {0} AND competitor_name IS NOT NULL",
        "UPDATE generated_queries SET topic = 'q{1}' WHERE id = (SELECT query_id FROM extracted_positions WHERE collector_result_id = {0} LIMIT 1)",
        "UPDATE extracted_positions SET customer_id = NULL, topic = NULL, metadata = NULL WHERE collector_result_id = {0}",
        "UPDATE brands SET customer_id = (SELECT id FROM customers ORDER BY random() LIMIT 1) WHERE id = (SELECT brand_id FROM extracted_positions WHERE collector_result_id = {0} LIMIT 1)",
        "UPDATE brand_competitors SET competitor_name = 'n{1}' WHERE id = (SELECT id FROM brand_competitors ORDER BY random() LIMIT 1)",
        "DELETE FROM collector_results WHERE id = {0} AND id % 7 = 0",
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private Writers(StarDatabase database, int results, int sessions) =>
        _running = Task.WhenAll(Enumerable.Range(0, sessions).Select(seed => Task.Run(() => WriteAsync(database, results, seed))));

    public static Writers Start(StarDatabase database, int results, int sessions = 2) => new(database, results, sessions);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task WriteAsync(StarDatabase database, int results, int seed)
    {
        var random = new Random(seed);
        await using var session = await database.OpenAsync();
        while (!_stop.IsCancellationRequested)
        {
            var sql = Statements[random.Next(Statements.Length)]
                .Replace("{0}", random.Next(1, results).ToString(), StringComparison.Ordinal)
                .Replace("{1}", random.Next(100).ToString(), StringComparison.Ordinal);
            try
            {
                await session.ExecuteAsync(sql);
            }
            catch (PostgresException problem) when (problem.SqlState
                is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ForeignKeyViolation)
            {
                await session.ExecuteAsync("ROLLBACK"); // of one writer with another, or with itself, as it happens
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
