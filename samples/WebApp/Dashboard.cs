using Evidently.Schema.Hosting;

namespace WebApp;

/// <summary>A page's figures in one query; the database decides whether legacy or the star answers.</summary>
internal static class Dashboard
{
    public static async Task<IResult> GetAsync(Guid brand, Guid customer, DateTimeOffset? from, DateTimeOffset? to, MetricsReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Ok(await reader.GetDashboardMetricsAsync(
                brand, customer, from ?? DateTimeOffset.UnixEpoch, to ?? TimeProvider.System.GetUtcNow(), cancellationToken: cancellationToken));
        }
        catch (SchemaException exception) when (exception.Error == SchemaError.WrongState)
        {
            return Results.Problem("Phase 4 is not reached yet.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
