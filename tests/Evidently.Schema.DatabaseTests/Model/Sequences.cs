using CsCheck;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>Random sequences: two to four sessions of the application, and an operator.</summary>
internal static class Sequences
{
    /// <param name="copied">Whether history is copied; if not, batches copy it in between.</param>
    /// <param name="concurrent">Whether the sessions run at once: then there is one quiet point only, the end.</param>
    public static Gen<Sequence> Of(bool copied, bool concurrent) => Gen.Int[2, 4].SelectMany(sessions =>
        Gen.Select(
            Gen.Bool,
            (concurrent ? Any(sessions, copied, concurrent).Array[10, 80] : Any(sessions, copied, concurrent).Array[3, 40]),
            (keys, steps) => new Sequence(keys, sessions, steps)));

    private static Gen<Step> Any(int sessions, bool copied, bool concurrent)
    {
        var session = Gen.Int[0, sessions - 1];
        var operate = Operate(copied);
        var application = Gen.Frequency<Step>(
            (24, Gen.Select(session, Statements.Any(copied), (s, sql) => (Step)new Step.Run(s, sql))),
            (1, Gen.Select(session, Statements.Result, (s, result) => (Step)new Step.Copy(s, result))),
            (5, Gen.Select(session, Gen.Frequency((8, "READ COMMITTED"), (1, "REPEATABLE READ"), (1, "SERIALIZABLE")), (s, level) => (Step)new Step.Begin(s, level))),
            (6, Gen.Select(session, Gen.Frequency((3, true), (1, false)), (s, commits) => (Step)new Step.End(s, commits))),
            (3, Gen.Select(session, Gen.OneOf("SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"), (s, verb) => (Step)new Step.Savepoint(s, verb))));
        var @operator = Gen.Frequency<Step>(
            (10, operate.Select(sql => (Step)new Step.Run(sessions, sql))),
            (2, Gen.Select(session, operate, (s, sql) => (Step)new Step.Run(s, sql))),
            (4, Gen.Const((Step)new Step.Look(sessions))),
            (1, session.Select(victim => (Step)new Step.Kill(sessions, victim))),
            (1, Gen.OneOf("metric_facts", "brand_metrics", "competitor_sentiment").Select(table => (Step)new Step.Hold(sessions, table))),
            (1, Gen.Const((Step)new Step.LetGo(sessions))),
            (concurrent ? 0 : 2, Gen.Bool.Select(commits => (Step)new Step.Quiet(sessions, commits))));
        return Gen.Frequency<Step>(
            (300, application), (100, @operator), (copied ? 1 : 0, Gen.Const((Step)new Step.Migrate(sessions))));
    }

    private static Gen<string> Operate(bool copied) => Gen.Frequency<string>(
        (5, Gen.OneOf("off", "capture", "sync", "sync", "strict").Select(mode => $"UPDATE evidently_schema.settings SET value = '{mode}' WHERE name = 'dual_write'")),
        (8, Gen.OneOf(1, 3, 50).Select(limit => $"SELECT evidently_schema.drain_batch({limit})")),
        (1, Gen.Const("SELECT evidently_schema.drain_turn(50)")),
        (2, Gen.Const("SELECT evidently_schema.repair()")),
        (1, Gen.Const("SELECT public.refresh_mv_brand_daily_metrics()")),
        (copied ? 0 : 16, Gen.OneOf(1, 2, 10).Select(limit => $"SELECT evidently_schema.copy_batch({limit})")));
}
