using Evidently.Schema.Hosting.Data;
using Npgsql;

namespace Evidently.Schema.Hosting.DualWrite;

/// <summary>The notes of a database. Each method is one statement, which commits by itself.</summary>
internal sealed class Notes(NpgsqlDataSource dataSource)
{
    /// <summary>The database, for telemetry.</summary>
    public string Database { get; } = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString) is var target ? target.Database ?? target.Username ?? string.Empty : string.Empty;

    /// <summary>Whether phase 2 has made what drains.</summary>
    public async Task<bool> CanBeDrainedAsync(CancellationToken cancellationToken)
    {
        var command = dataSource.CreateCommand(Sql.DrainInstalled);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    /// <summary>Whether <paramref name="exception"/> says that it is gone.</summary>
    public static bool CannotBeDrained(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable;

    /// <summary>Drains at most <paramref name="batch"/> notes of results.</summary>
    public async Task<DrainTurn> DrainAsync(int batch, CancellationToken cancellationToken)
    {
        var turns = await ListAsync(
            Sql.DrainTurn,
            [new NpgsqlParameter<int> { TypedValue = batch }],
            row => new DrainTurn(row.IsDBNull(0) ? null : row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1)),
            cancellationToken).ConfigureAwait(false);
        return turns[0];
    }

    /// <summary>Results that were tried often in vain, at most 100.</summary>
    public async Task<IReadOnlyList<FailingResult>> FailingAsync(CancellationToken cancellationToken) => await ListAsync(
        Sql.FailingResults,
        [],
        row => new FailingResult(row.GetInt64(0), row.GetInt32(1), row.GetString(2)),
        cancellationToken).ConfigureAwait(false);

    private async Task<List<T>> ListAsync<T>(string sql, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var list = new List<T>();
        var command = dataSource.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(parameter);
            }

            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    list.Add(read(reader));
                }
            }
        }

        return list;
    }
}
