using Evidently.Schema.Hosting;
using Npgsql;
using Spectre.Console;

namespace Demo;

/// <summary>What became of the legacy database.</summary>
internal sealed record DemoReport(
    IReadOnlyList<DemoReport.TableSize> Sizes,
    DemoReport.LegacyFigures Legacy,
    IReadOnlyList<DemoReport.Rejection> Rejections,
    SchemaStatus Status)
{
    public const int Width = 120;

    private const int PlanPercent = 84;

    public static string Megabytes(long bytes) => bytes < 10L << 20 ? $"{bytes / 1024.0:N0} kB" : $"{bytes / 1024.0 / 1024.0:N0} MB";

    public static string Sql(string file)
    {
        using var reader = new StreamReader(typeof(DemoReport).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    public static async Task<DemoReport> ReadAsync(string connectionString, SchemaMigrator migrator, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 });
        var sizes = await ReadAsync(source, "Sizes.sql", row => new TableSize(row.GetBoolean(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), ct);
        var legacy = await ReadAsync(source, "LegacyReport.sql", row => new LegacyFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), ct);
        var rejections = await ReadAsync(source, "Rejected.sql", row => new Rejection(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)), ct);
        return new DemoReport(sizes, legacy[0], rejections, await migrator.GetStatusAsync(ct));
    }

    public void Print(IReadOnlyList<(string Step, TimeSpan Took)> steps, VerificationReport verification)
    {
        PrintSteps(steps);
        PrintSizes();
        PrintVerification(verification);
        PrintRejections();
        Console.WriteLine($"{Legacy.RoundedValues:N0} values were rounded to two decimals; {Legacy.ResultsOfOtherCustomer:N0} results belong to another customer than their brand does today (copied as they are).");
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataSource source, string file, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Sql(file));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static Table NewTable(string title, params string[] columns)
    {
        var table = new Table { Title = new TableTitle(title), Border = TableBorder.Rounded };
        for (var i = 0; i < columns.Length; i++)
        {
            table.AddColumn(new TableColumn(columns[i]) { Alignment = i == 0 || string.Equals(columns[i], "detail", StringComparison.Ordinal) ? Justify.Left : Justify.Right, NoWrap = true });
        }

        return table;
    }

    private static string Smaller(long before, long after) => before == 0 ? "" : $"{100.0 * (before - after) / before:N1} %";

    private void PrintSteps(IReadOnlyList<(string Step, TimeSpan Took)> steps)
    {
        var table = NewTable("Time", "step", "seconds", "legacy rows/s");
        foreach (var (step, took) in steps)
        {
            var rate = step.StartsWith("phase 2", StringComparison.Ordinal) ? $"{Legacy.Rows / took.TotalSeconds:N0}" : "";
            table.AddRow(step, $"{took.TotalSeconds:N1}", rate);
        }

        AnsiConsole.Write(table);
    }

    private void PrintSizes()
    {
        var table = NewTable("Sizes, before the old table is archived", "table", "rows", "heap + TOAST", "indexes", "total");
        foreach (var size in Sizes)
        {
            Add(size.Name, size);
        }

        var legacy = Sizes.Single(size => size.Legacy);
        var star = Sizes.Where(size => !size.Legacy).Aggregate((a, b) => new TableSize(false, "", a.Rows + b.Rows, a.Heap + b.Heap, a.Indexes + b.Indexes));
        table.AddEmptyRow();
        Add("star", star);
        table.AddRow("star smaller by", "", Smaller(legacy.Heap, star.Heap), Smaller(legacy.Indexes, star.Indexes), Smaller(legacy.Total, star.Total));
        table.Caption = new TableTitle($"The plan expects {PlanPercent} % in total.");
        AnsiConsole.Write(table);

        void Add(string name, TableSize size) =>
            table.AddRow(name, $"{size.Rows:N0}", Megabytes(size.Heap), Megabytes(size.Indexes), Megabytes(size.Total));
    }

    private void PrintVerification(VerificationReport verification)
    {
        var table = NewTable($"Verification: {(verification.Ok ? "ok" : "NOT OK")}", "check", "missing", "extra", "different", "ok");
        foreach (var check in verification.Checks)
        {
            table.AddRow(check.Name, $"{check.Missing:N0}", $"{check.Extra:N0}", $"{check.Different:N0}", check.Ok ? "ok" : "NOT OK");
        }

        table.Caption = new TableTitle($"{Status.PendingNotes:N0} changes are noted and pending.");
        AnsiConsole.Write(table);
    }

    private void PrintRejections()
    {
        var table = NewTable($"Rejected: {Legacy.Rejected:N0} of {Legacy.Rows:N0} legacy rows", "reason", "rows", "results", "detail");
        foreach (var rejection in Rejections)
        {
            table.AddRow(rejection.Reason, $"{rejection.Rows:N0}", $"{rejection.Results:N0}", rejection.Detail.EscapeMarkup());
        }

        table.Caption = new TableTitle("Rows of unknown_label are in the star, without their label.");
        AnsiConsole.Write(table);
    }

    internal sealed record TableSize(bool Legacy, string Name, long Rows, long Heap, long Indexes)
    {
        public long Total => Heap + Indexes;
    }

    internal sealed record LegacyFigures(long Rows, long Rejected, long RoundedValues, long ResultsOfOtherCustomer);

    internal sealed record Rejection(string Reason, string Detail, long Rows, long Results);
}
