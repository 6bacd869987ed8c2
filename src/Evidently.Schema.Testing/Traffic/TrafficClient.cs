using Npgsql;
using NpgsqlTypes;

namespace Evidently.Schema.Testing.Traffic;

/// <summary>A set of clients that share a pool. Each statement is a transaction of its own.</summary>
internal sealed class TrafficClient : IAsyncDisposable
{
    /// <summary>Far longer than any statement_timeout: who finds no connection free waits, and is not refused.</summary>
    private const int PoolTimeoutSeconds = 300;

    private readonly TrafficRecord _record;

    private TrafficClient(string name, string connectionString, TrafficRecord record) =>
        (Name, Source, _record) = (name, NpgsqlDataSource.Create(connectionString), record);

    public string Name { get; }

    public NpgsqlDataSource Source { get; }

    public static TrafficClient Plain(TrafficOptions options, TrafficRecord record) => new("plain", Direct(options).ConnectionString, record);

    public static TrafficClient Prepared(TrafficOptions options, TrafficRecord record)
    {
        var direct = Direct(options);
        (direct.MaxAutoPrepare, direct.AutoPrepareMinUsages) = (60, 2);
        return new TrafficClient("prepared", direct.ConnectionString, record);
    }

    public static TrafficClient ThroughPooler(TrafficOptions options, string pooler, TrafficRecord record)
    {
        var way = Pooled(pooler, options);
        (way.NoResetOnClose, way.MaxAutoPrepare, way.CommandTimeout) = (true, 0, (int)Math.Ceiling(options.StatementTimeout.TotalSeconds));
        return new TrafficClient("pooler", way.ConnectionString, record);
    }

    /// <summary>Runs it to its last row; never throws for what the database does.</summary>
    /// <param name="statement">Name and text.</param>
    /// <param name="due">From when on its latency counts.</param>
    /// <param name="maySayGone">Whether a parent of it is being deleted by the application itself.</param>
    /// <param name="values">In place of $1, $2 …</param>
    public async Task<TrafficResult> RunAsync(TrafficSql statement, long due, Func<bool>? maySayGone, params object?[] values)
    {
        var stage = _record.Stage;
        var (scalar, rows, session) = ((object?)null, 0, 0);
        var (outcome, error) = (TrafficOutcome.Done, (string?)null);
        var began = TimeProvider.System.GetTimestamp();
        var sent = began;
        try
        {
            var connection = await Source.OpenConnectionAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                (session, sent) = (connection.ProcessID, TimeProvider.System.GetTimestamp());
                (scalar, rows) = await ReadAsync(connection, statement.Text, values).ConfigureAwait(false);
            }
        }
        catch (PostgresException problem) when (!IsEnd(problem))
        {
            var gone = problem.SqlState is PostgresErrorCodes.ForeignKeyViolation && TrafficSql.OwnTables.Contains(problem.TableName) && maySayGone?.Invoke() is true;
            (outcome, error) = (gone ? TrafficOutcome.Refused : TrafficOutcome.Failed, $"{problem.SqlState} {problem.MessageText} {problem.Where}");
        }
        catch (Exception problem) when (problem is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            (outcome, error) = (TrafficOutcome.Lost, $"{problem.GetType().Name} {problem.Message} {problem.InnerException?.Message}");
        }

        var ended = TimeProvider.System.GetTimestamp();
        _record.Add(Name, statement.Name, stage, new TrafficMoments(due, sent, ended), session, outcome, error);
        return new TrafficResult(outcome, began, ended, scalar, rows);
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static async Task<(object? Scalar, int Rows)> ReadAsync(NpgsqlConnection connection, string text, object?[] values)
    {
        var (scalar, rows) = ((object?)null, 0);
        var command = new NpgsqlCommand(text, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(values.Select(Parameter).ToArray());
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var row = new object[reader.FieldCount];
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    reader.GetValues(row);
                    scalar ??= row.Length > 0 ? row[0] : null;
                    rows++;
                }
            }
        }

        return (scalar, rows);
    }

    /// <summary>Whether the server or its administrator ended the session: the statement may have been committed before.</summary>
    private static bool IsEnd(PostgresException problem) => problem.SqlState.StartsWith("57P", StringComparison.Ordinal) || problem.SqlState.StartsWith("08", StringComparison.Ordinal);

    private static NpgsqlParameter Parameter(object? value) => value switch
    {
        null => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown },
        string text => new NpgsqlParameter { Value = text, NpgsqlDbType = NpgsqlDbType.Unknown }, // left to the server, as it may stand for jsonb
        _ => new NpgsqlParameter { Value = value },
    };

    private static NpgsqlConnectionStringBuilder Direct(TrafficOptions options)
    {
        var direct = Pooled(options.ConnectionString, options);
        direct.Options = $"{direct.Options} -c statement_timeout={options.StatementTimeout.TotalMilliseconds:F0}".Trim();
        direct.CommandTimeout = 0; // the server's decides
        return direct;
    }

    private static NpgsqlConnectionStringBuilder Pooled(string connectionString, TrafficOptions options) => new(connectionString)
    {
        Pooling = true,
        MaxPoolSize = options.PoolSize,
        Timeout = PoolTimeoutSeconds,
        ApplicationName = "application",
    };
}

/// <summary>What became of a statement, and between which moments.</summary>
internal readonly record struct TrafficResult(TrafficOutcome Outcome, long Began, long Ended, object? Scalar, int Rows);
