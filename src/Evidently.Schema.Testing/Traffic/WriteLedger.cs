using Npgsql;

namespace Evidently.Schema.Testing.Traffic;

/// <summary>Every write of a result that was acknowledged, or may have happened, and between which moments.</summary>
internal sealed class WriteLedger(TrafficWorld world)
{
    private static readonly string Rows = Resources.Read("LedgerRows.sql");

    private readonly Lock _gate = new();
    private readonly Dictionary<long, LedgerResult> _results = [];
    private int _acknowledged;

    public int Acknowledged => _acknowledged;

    public void Deleted(long result, TrafficResult outcome) => Note(result, outcome, (of, moment) => of.Deletes.Add(moment));

    public void Updated(long result, string? competitor, string label, decimal score, TrafficResult outcome) =>
        Note(result, outcome, (of, moment) => of.Updates.Add(new LedgerUpdate(competitor, label, score, moment)));

    public void Inserted(TrafficTarget target, int token, bool byFunction, TrafficResult outcome) => Note(target.Result, outcome, (of, moment) =>
    {
        of.Target = target;
        of.Inserts.AddRange(target.Competitors.Prepend(null).Select(competitor => new LedgerInsert(competitor, token, byFunction, moment)));
    });

    public async Task<IReadOnlyList<string>> ProblemsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        Dictionary<long, LedgerResult> results;
        lock (_gate)
        {
            results = _results.Where(result => result.Value.Target is { } target && !world.IsGone(target)).ToDictionary();
        }

        var rows = new List<LedgerRow>();
        var command = new NpgsqlCommand(Rows, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = results.Keys.ToArray() });
            var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(ct).ConfigureAwait(false))
                {
                    rows.Add(new LedgerRow(
                        reader.GetInt64(0), reader.GetValue(1) as string, reader.GetValue(2) as int?, reader.GetValue(3) as string, reader.GetValue(4) as decimal?));
                }
            }
        }

        var found = rows.ToLookup(row => row.Result);
        return [.. results.OrderBy(result => result.Key).SelectMany(result => result.Value.Problems(result.Key, [.. found[result.Key]]))];
    }

    private void Note(long result, TrafficResult outcome, Action<LedgerResult, LedgerMoment> note)
    {
        if (outcome.Outcome is TrafficOutcome.Refused or TrafficOutcome.Failed)
        {
            return;
        }

        // What broke may happen later: its server process may go on.
        var acknowledged = outcome.Outcome is TrafficOutcome.Done;
        var moment = new LedgerMoment(outcome.Began, acknowledged ? outcome.Ended : long.MaxValue, acknowledged);
        lock (_gate)
        {
            if (!_results.TryGetValue(result, out var of))
            {
                of = _results[result] = new LedgerResult();
            }

            note(of, moment);
            _acknowledged += acknowledged ? 1 : 0;
        }
    }
}
