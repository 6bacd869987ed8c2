using System.Globalization;
using System.Text;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The star that should exist for a legacy database: section 5 of the contract, computed row by row.</summary>
internal sealed class ExpectedStar
{
    /// <summary>Bytes of a collector type that the daily view's unique key holds in any case.</summary>
    private const int LongestCollectorType = 2_000;

    private readonly LegacySnapshot _legacy;
    private readonly HashSet<long> _refused;
    private readonly Comparer<LegacyRow> _age;

    private ExpectedStar(LegacySnapshot legacy, IEnumerable<long> refusedByInsert)
    {
        _legacy = legacy;
        _refused = [.. refusedByInsert];
        var isUuid = legacy.ColumnTypes["id"] is "uuid";
        _age = Comparer<LegacyRow>.Create((a, b) => CompareAge(a, b, isUuid));
    }

    public StarTables Tables { get; } = new();

    /// <summary>The key of the metrics row each projected legacy row became, by legacy id.</summary>
    public Dictionary<string, string> Projected { get; } = new(StringComparer.Ordinal);

    /// <summary>created_at by collector_result_id.</summary>
    public Dictionary<string, PgTime> CreatedAt { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<LegacyRow> LegacyRows => _legacy.Rows;

    /// <param name="legacy">The legacy database.</param>
    /// <param name="refusedByInsert">Results that only the INSERT into the star can refuse (an index row too large).</param>
    public static ExpectedStar From(LegacySnapshot legacy, IEnumerable<long>? refusedByInsert = null)
    {
        var star = new ExpectedStar(legacy, refusedByInsert ?? []);
        foreach (var row in legacy.Rows.Where(row => row.ResultId is null))
        {
            star.Reject(row, RejectReason.NoResultId);
        }

        foreach (var result in legacy.Rows.Where(row => row.ResultId is not null).GroupBy(row => row.ResultId!.Value))
        {
            star.Project(result.Key, [.. result]);
        }

        DailyRows.AddTo(star.Tables);
        return star;
    }

    private void Project(long resultId, List<LegacyRow> rows)
    {
        if (_refused.Contains(resultId))
        {
            var alone = new ExpectedStar(_legacy, []);
            alone.Project(resultId, rows);
            foreach (var row in rows)
            {
                var reason = alone.Tables.Rejected.Rows.GetValueOrDefault(row.Id)?[1];
                Reject(row, reason is null or RejectReason.UnknownLabel ? RejectReason.Invalid : reason); // the first reason that applies
            }

            return;
        }

        var brandRows = rows.Where(row => row.IsBrandRow).OrderByDescending(row => row, _age).ToList();
        brandRows.Skip(1).ToList().ForEach(row => Reject(row, RejectReason.Superseded));
        var brandId = brandRows.Count > 0 && ProjectBrandRow(resultId, brandRows[0]) ? brandRows[0]["brand_id"] : null;

        foreach (var competitor in rows.Where(row => !row.IsBrandRow).GroupBy(row => row.CompetitorName, StringComparer.Ordinal))
        {
            var newestFirst = competitor.OrderByDescending(row => row, _age).ToList();
            foreach (var row in newestFirst)
            {
                if (brandId is null)
                {
                    Reject(row, RejectReason.NoBrandRow);
                }
                else if (row != newestFirst[0])
                {
                    Reject(row, RejectReason.Superseded);
                }
                else
                {
                    ProjectCompetitorRow(resultId, brandId, row);
                }
            }
        }
    }

    private bool ProjectBrandRow(long resultId, LegacyRow row)
    {
        var reader = new RowReader(row, _legacy.ColumnTypes);
        var brandId = row["brand_id"];
        var queryId = row["query_id"];
        var customerId = row["customer_id"] ?? (brandId is null ? null : _legacy.Brands.GetValueOrDefault(brandId));
        var visibility = reader.Metric("visibility_index");
        var share = reader.Metric("share_of_answers_brand");
        var positions = reader.Positions("brand_positions");
        var sentiment = reader.Sentiment(string.Empty);

        if (reader.IsInvalid || brandId is null || customerId is null || queryId is null
            || row["collector_type"] is not { } collectorType || Encoding.UTF8.GetByteCount(collectorType) > LongestCollectorType || row.Time is null)
        {
            return Reject(row, RejectReason.Invalid);
        }

        if (!_legacy.Brands.ContainsKey(brandId) || !_legacy.Customers.Contains(customerId)
            || !_legacy.Queries.ContainsKey(queryId) || !_legacy.Results.Contains(resultId))
        {
            return Reject(row, RejectReason.MissingParent);
        }

        if (reader.IsOutOfRange)
        {
            return Reject(row, RejectReason.OutOfRange);
        }

        var key = StarTables.Key(resultId);
        var processedAt = (row.ProcessedAt ?? row.CreatedAt)!.Value;
        var createdAt = (row.CreatedAt ?? row.ProcessedAt)!.Value;
        Tables.Times.Add(key, processedAt);
        CreatedAt.Add(key, createdAt);
        Tables.Facts.Add(
            key, brandId, customerId, queryId, collectorType, Topic(row, queryId), processedAt.ToString(), createdAt.ToString());
        Tables.BrandMetrics.Add(
            key, visibility, share, row["has_brand_presence"] ?? "false", row["brand_first_position"], positions,
            row["total_brand_mentions"] ?? "0", row["total_word_count"] ?? "0");
        Accept(row, key, Tables.BrandSentiment, sentiment, reader.HasUnknownLabel);
        return true;
    }

    private void ProjectCompetitorRow(long resultId, string brandId, LegacyRow row)
    {
        var reader = new RowReader(row, _legacy.ColumnTypes);
        var visibility = reader.Metric("visibility_index_competitor");
        var share = reader.Metric("share_of_answers_competitor");
        var positions = reader.Positions("competitor_positions");
        var sentiment = reader.Sentiment("_competitor");

        if (reader.IsInvalid)
        {
            Reject(row, RejectReason.Invalid);
        }
        else if (!_legacy.Competitors.TryGetValue((brandId, row.CompetitorName!), out var competitorId))
        {
            Reject(row, RejectReason.UnknownCompetitor);
        }
        else if (reader.IsOutOfRange)
        {
            Reject(row, RejectReason.OutOfRange);
        }
        else
        {
            var key = StarTables.Key(resultId, competitorId);
            Tables.CompetitorMetrics.Add(key, visibility, share, positions, row["competitor_mentions"] ?? "0");
            Accept(row, key, Tables.CompetitorSentiment, sentiment, reader.HasUnknownLabel);
        }
    }

    private string? Topic(LegacyRow row, string queryId) =>
        new[] { row["topic"], row["metadata.topic_name"], _legacy.Queries[queryId] }.FirstOrDefault(topic => !LegacyRow.IsBlank(topic));

    private void Accept(LegacyRow row, string key, StarTable sentiments, string?[]? sentiment, bool hasUnknownLabel)
    {
        Projected.Add(row.Id, key);
        if (sentiment is not null)
        {
            sentiments.Add(key, sentiment);
        }

        if (hasUnknownLabel)
        {
            Reject(row, RejectReason.UnknownLabel);
        }
    }

    private bool Reject(LegacyRow row, string reason)
    {
        Tables.Rejected.Add(row.Id, row["collector_result_id"], reason);
        return false;
    }

    private static int CompareAge(LegacyRow a, LegacyRow b, bool isUuid)
    {
        var byTime = Nullable.Compare(a.Time?.Microseconds, b.Time?.Microseconds);
        if (byTime != 0)
        {
            return byTime;
        }

        return isUuid
            ? string.CompareOrdinal(a.Id, b.Id)
            : long.Parse(a.Id, CultureInfo.InvariantCulture).CompareTo(long.Parse(b.Id, CultureInfo.InvariantCulture));
    }
}
