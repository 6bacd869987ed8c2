namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>One thing that happens, in the session of that number; the operator's is the last.</summary>
internal abstract record Step(int Session)
{
    protected abstract string Text { get; }

    public sealed override string ToString() => $"{Session}> {Text}";

    /// <summary>A statement of the application, or of a worker that drains in the application's transaction.</summary>
    public sealed record Run(int Session, string Sql) : Step(Session)
    {
        protected override string Text => Sql;
    }

    /// <summary>COPY of a brand row and a competitor row of a result.</summary>
    public sealed record Copy(int Session, int Result) : Step(Session)
    {
        protected override string Text => $"COPY result {Result}";
    }

    public sealed record Begin(int Session, string Isolation) : Step(Session)
    {
        protected override string Text => $"BEGIN ISOLATION LEVEL {Isolation}";
    }

    public sealed record End(int Session, bool Commits) : Step(Session)
    {
        protected override string Text => Commits ? "COMMIT" : "ROLLBACK";
    }

    /// <summary>SAVEPOINT, ROLLBACK TO or RELEASE, of the one savepoint there is.</summary>
    public sealed record Savepoint(int Session, string Verb) : Step(Session)
    {
        protected override string Text => $"{Verb} s";
    }

    /// <summary>Ends another session's backend, wherever it is.</summary>
    public sealed record Kill(int Session, int Victim) : Step(Session)
    {
        protected override string Text => $"kill {Victim}";
    }

    /// <summary>Locks a star table by hand until <see cref="LetGo"/>, or the next quiet point.</summary>
    public sealed record Hold(int Session, string Table) : Step(Session)
    {
        protected override string Text => $"LOCK {Table}";
    }

    public sealed record LetGo(int Session) : Step(Session)
    {
        protected override string Text => "unlock";
    }

    /// <summary>Is the star right at this snapshot, but for what is noted?</summary>
    public sealed record Look(int Session) : Step(Session)
    {
        protected override string Text => "look";
    }

    /// <summary>Migration 303 down and up again.</summary>
    public sealed record Migrate(int Session) : Step(Session)
    {
        protected override string Text => "migrate down to 302 and up again";
    }

    /// <summary>All sessions end their transactions, everything is drained, and the star must be right.</summary>
    public sealed record Quiet(int Session, bool Commits) : Step(Session)
    {
        protected override string Text => Commits ? "quiet after COMMIT" : "quiet after ROLLBACK";
    }
}

/// <summary>Steps in the order in which they happen, on a database with or without the application's foreign keys.</summary>
internal sealed record Sequence(bool ForeignKeys, int Sessions, IReadOnlyList<Step> Steps)
{
    public override string ToString() =>
        $"{Sessions} sessions, {(ForeignKeys ? "with" : "without")} foreign keys:{Environment.NewLine}{string.Join(Environment.NewLine, Steps)}";
}
