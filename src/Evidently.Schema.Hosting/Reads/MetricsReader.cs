using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.Diagnostics;
using Evidently.Schema.Hosting.Reads;
using Npgsql;
using NpgsqlTypes;

namespace Evidently.Schema.Hosting;

/// <summary>
/// Reads the pages' figures: a method a function, one statement and one round trip a call. From which of legacy and star a call is answered is
/// the database's choice, <c>evidently_schema.read_routes</c>; the rows are the same. It is the tag <c>evidently_schema.answered_by</c> of the
/// activity <c>evidently_schema.read</c> and of the histogram <c>evidently_schema.read.duration</c>. Needs phase 4, SELECT on
/// <c>extracted_positions</c>, and <c>evidently_schema.allow_reads('role')</c> for a role that is not the owner. Locks nothing that a writer
/// needs. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Ranges include their beginning and not their end; days are UTC and both included. A collection that is <see langword="null"/> filters nothing,
/// an empty one matches nothing. Every method throws a <see cref="SchemaException"/> for what the database says: <see cref="SchemaError.WrongState"/>
/// before phase 4, <see cref="SchemaError.MissingRights"/>, <see cref="SchemaError.Unreachable"/>, else <see cref="SchemaError.Database"/>, which
/// is also a time outside the years 1 to 9999.
/// </remarks>
public sealed class MetricsReader
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly string _database;

    /// <summary>A reader on the host's own connections; a pooler in transaction mode may be in between.</summary>
    public MetricsReader(NpgsqlDataSource dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        var target = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString);
        _database = target.Database ?? target.Username ?? string.Empty;
    }

    /// <summary>The dashboard's figures: results of the brand and customer created in the range.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="customerId">Its customer.</param>
    /// <param name="from">From this <c>created_at</c> on.</param>
    /// <param name="to">To before this one.</param>
    /// <param name="collectorTypes">Of these engines alone.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public async Task<DashboardMetrics> GetDashboardMetricsAsync(
        Guid brandId, Guid customerId, DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<string>? collectorTypes = null, CancellationToken cancellationToken = default)
    {
        var rows = await ReadAsync(
            "get_dashboard_metrics", Sql.GetDashboardMetrics, [Of(brandId), Of(customerId), Of(from), Of(to), Of(collectorTypes)], MetricsRow.Dashboard, cancellationToken).ConfigureAwait(false);
        return rows[0];
    }

    /// <summary>A brand's days, by customer and collector, in that order: the rows of the daily view, never staler than legacy.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="startDate">The first UTC day of <c>processed_at</c>.</param>
    /// <param name="endDate">The last one, included.</param>
    /// <param name="collectorTypes">Of these engines alone.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<BrandDailyMetrics>> GetBrandVisibilityMetricsAsync(
        Guid brandId, DateOnly startDate, DateOnly endDate, IReadOnlyCollection<string>? collectorTypes = null, CancellationToken cancellationToken = default) =>
        ReadAsync("get_brand_visibility_metrics", Sql.GetBrandVisibilityMetrics, [Of(brandId), Of(startDate), Of(endDate), Of(collectorTypes)], MetricsRow.BrandDay, cancellationToken);

    /// <summary>The visibility charts, by UTC day and collector: results of the brand and customer processed in the range.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="customerId">Its customer.</param>
    /// <param name="from">From this <c>processed_at</c> on.</param>
    /// <param name="to">To before this one.</param>
    /// <param name="collectorTypes">Of these engines alone.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<VisibilityChartPoint>> GetVisibilityChartAsync(
        Guid brandId, Guid customerId, DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<string>? collectorTypes = null, CancellationToken cancellationToken = default) =>
        ReadAsync("get_visibility_chart", Sql.GetVisibilityChart, [Of(brandId), Of(customerId), Of(from), Of(to), Of(collectorTypes)], MetricsRow.ChartPoint, cancellationToken);

    /// <summary>A competitor in the brand's results, oldest first.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="competitorName">As in <c>brand_competitors</c>, to the letter; an unknown one has no rows.</param>
    /// <param name="startDate">From this <c>processed_at</c> on.</param>
    /// <param name="endDate">To before this one.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<CompetitorVisibility>> GetCompetitorVisibilityTrendAsync(
        Guid brandId, string competitorName, DateTimeOffset startDate, DateTimeOffset endDate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(competitorName);
        return ReadAsync(
            "get_competitor_visibility_trend", Sql.GetCompetitorVisibilityTrend, [Of(brandId), Of(competitorName), Of(startDate), Of(endDate)], MetricsRow.Competitor, cancellationToken);
    }

    /// <summary>The topics page: results of the brand and customer processed in the range, a row a topic, whatever its casing.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="customerId">Its customer.</param>
    /// <param name="from">From this <c>processed_at</c> on.</param>
    /// <param name="to">To before this one.</param>
    /// <param name="collectorTypes">Of these engines alone.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<TopicMetrics>> GetTopicMetricsAsync(
        Guid brandId, Guid customerId, DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<string>? collectorTypes = null, CancellationToken cancellationToken = default) =>
        ReadAsync("get_topic_metrics", Sql.GetTopicMetrics, [Of(brandId), Of(customerId), Of(from), Of(to), Of(collectorTypes)], MetricsRow.Topic, cancellationToken);

    /// <summary>Whether results name their brand, in the order of their ids. Without any filter that is every result there is.</summary>
    /// <param name="collectorResultIds">Of these results.</param>
    /// <param name="collectorType">Of this engine alone.</param>
    /// <param name="from">From this <c>created_at</c> on.</param>
    /// <param name="to">To before this one.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<KeywordPresence>> GetKeywordPresenceAsync(
        IReadOnlyCollection<long>? collectorResultIds, string? collectorType = null, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default) =>
        ReadAsync("get_keyword_presence", Sql.GetKeywordPresence, [Of(collectorResultIds), Of(collectorType), Of(from), Of(to)], MetricsRow.Keyword, cancellationToken);

    /// <summary>The prompts page: results of the brand and customer processed in the range, in the order of their ids.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="customerId">Its customer.</param>
    /// <param name="from">From this <c>processed_at</c> on.</param>
    /// <param name="to">To before this one.</param>
    /// <param name="queryIds">Of these prompts, or else among <paramref name="collectorResultIds"/>; both <see langword="null"/>: of all.</param>
    /// <param name="collectorResultIds">These results, or else of <paramref name="queryIds"/>.</param>
    /// <param name="collectorTypes">Of these engines alone.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<PromptMetrics>> GetPromptMetricsAsync(
        Guid brandId,
        Guid customerId,
        DateTimeOffset from,
        DateTimeOffset to,
        IReadOnlyCollection<Guid>? queryIds = null,
        IReadOnlyCollection<long>? collectorResultIds = null,
        IReadOnlyCollection<string>? collectorTypes = null,
        CancellationToken cancellationToken = default) =>
        ReadAsync(
            "get_prompt_metrics",
            Sql.GetPromptMetrics,
            [Of(brandId), Of(customerId), Of(from), Of(to), Of(queryIds), Of(collectorResultIds), Of(collectorTypes)],
            MetricsRow.Prompt,
            cancellationToken);

    /// <summary>The brand's results that a page joins its citations to, in the order of their ids.</summary>
    /// <param name="brandId">The brand.</param>
    /// <param name="collectorResultIds">These results; <see langword="null"/>: all of the brand's.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="SchemaException">See <see cref="MetricsReader"/>.</exception>
    public Task<IReadOnlyList<SourceMetrics>> GetSourceMetricsAsync(Guid brandId, IReadOnlyCollection<long>? collectorResultIds, CancellationToken cancellationToken = default) =>
        ReadAsync("get_source_metrics", Sql.GetSourceMetrics, [Of(brandId), Of(collectorResultIds)], MetricsRow.Source, cancellationToken);

    private static NpgsqlParameter Of(Guid value) => Of(value, NpgsqlDbType.Uuid);

    // The driver takes no other offset for a timestamptz.
    private static NpgsqlParameter Of(DateTimeOffset? value) => Of(value?.ToUniversalTime(), NpgsqlDbType.TimestampTz);

    private static NpgsqlParameter Of(DateOnly value) => Of(value, NpgsqlDbType.Date);

    private static NpgsqlParameter Of(string? value) => Of(value, NpgsqlDbType.Text);

    private static NpgsqlParameter Of(IReadOnlyCollection<string>? values) => Of(values?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    private static NpgsqlParameter Of(IReadOnlyCollection<Guid>? values) => Of(values?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    private static NpgsqlParameter Of(IReadOnlyCollection<long>? values) => Of(values?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private Task<IReadOnlyList<T>> ReadAsync<T>(string function, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken) =>
        Telemetry.ReadAsync(function, _database, async () =>
        {
            var doing = $"Reading {function}";
            try
            {
                return await RowsAsync(sql, parameters, row, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException exception) when (SchemaErrors.IsMissing(exception))
            {
                throw new SchemaException($"{doing}: public.{function} is not there. Migrate to phase {Phase.Reads} first.", SchemaError.WrongState, Phase.Reads, exception.SqlState, exception);
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new SchemaException(
                    $"{doing}: {exception.MessageText}. The role needs SELECT on extracted_positions; as the owner of the tables type: SELECT evidently_schema.allow_reads('role'); ({exception.SqlState})",
                    SchemaError.MissingRights,
                    Phase.Reads,
                    exception.SqlState,
                    exception);
            }
            catch (NpgsqlException exception)
            {
                throw SchemaErrors.From(exception, Phase.Reads, doing)!;
            }
            catch (Exception exception) when (exception is InvalidCastException or OverflowException or ArgumentOutOfRangeException)
            {
                throw new SchemaException(
                    $"{doing}: a value is beyond what .NET holds, a time outside the years 1 to 9999, say. Read a range without it.", SchemaError.Database, Phase.Reads, sqlState: null, exception);
            }
        });

    private async Task<(IReadOnlyList<T> Rows, string? AnsweredBy)> RowsAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        string? answeredBy = null;
        var command = _dataSource.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(parameters);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    answeredBy = await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false) ? null : reader.GetString(0);

                    // The first column of the function is never NULL in a row of its own, and is where there is none.
                    if (!await reader.IsDBNullAsync(1, cancellationToken).ConfigureAwait(false))
                    {
                        rows.Add(row(reader));
                    }
                }
            }
        }

        return (rows, answeredBy);
    }
}
