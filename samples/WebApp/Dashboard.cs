using Npgsql;

namespace WebApp;

/// <summary>A page's figures in one query; the database decides whether legacy or the star answers.</summary>
internal static class Dashboard
{
    public static async Task<IResult> GetAsync(Guid brand, Guid customer, DateTimeOffset? from, DateTimeOffset? to, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT visibility, share_of_answers, total_responses FROM public.get_dashboard_metrics($1, $2, $3, $4)");
        command.Parameters.Add(new NpgsqlParameter { Value = brand });
        command.Parameters.Add(new NpgsqlParameter { Value = customer });
        command.Parameters.Add(new NpgsqlParameter { Value = (from ?? DateTimeOffset.UnixEpoch).ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter { Value = (to ?? TimeProvider.System.GetUtcNow()).ToUniversalTime() });
        try
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return Results.Ok(new { visibility = Number(row, 0), shareOfAnswers = Number(row, 1), totalResponses = row.GetInt64(2) });
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedFunction)
        {
            return Results.Problem("Phase 4 is not reached yet.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static decimal? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDecimal(column);
}
