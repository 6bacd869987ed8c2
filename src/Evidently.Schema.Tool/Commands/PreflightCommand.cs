using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Everything that can be known before the first step; changes nothing.</summary>
internal static class PreflightCommand
{
    public static Command Create() => ToolRun.Command("preflight", "Looks whether the migration can begin; exit code 3 where it cannot. Changes nothing", RunAsync);

    private static async Task<int> RunAsync(ToolRun run, ParseResult arguments, CancellationToken cancellationToken)
    {
        var answer = await Preflight.RunAsync(run, cancellationToken).ConfigureAwait(false);
        run.Answer(answer, () => Print(answer));
        return answer.Ok ? ExitCode.Done : ExitCode.No;
    }

    private static void Print(PreflightAnswer answer)
    {
        AnsiConsole.MarkupLineInterpolated($"{answer.Database}: PostgreSQL {answer.Server.Version}, role {answer.Server.Role}, phase {answer.Phase}, statement_timeout {answer.Server.StatementTimeout}.");
        AnsiConsole.MarkupLineInterpolated($"Index that leads with collector_result_id: {answer.Server.ResultIndex ?? "none; phase 2 builds one, CONCURRENTLY"}. Oldest transaction: {(answer.Server.OldestTransactionSeconds is { } oldest ? $"{oldest:N0} s" : "none")}.");
        var shape = new Table().RoundedBorder().Title("legacy, as it is here").AddColumns("what", "found");
        foreach (var fact in answer.Shape)
        {
            shape.AddRow(fact.What.EscapeMarkup(), fact.Found.EscapeMarkup());
        }

        AnsiConsole.Write(shape);
        var sizes = new Table().RoundedBorder().Title("sizes").AddColumns("table", "rows (estimated)", "table", "indexes");
        foreach (var size in answer.Sizes)
        {
            sizes.AddRow(size.Table, size.Rows.ToString("N0", CultureInfo.InvariantCulture), Megabytes(size.Bytes), Megabytes(size.IndexBytes));
        }

        AnsiConsole.Write(sizes);
        if (answer.Forecast is { } forecast)
        {
            AnsiConsole.MarkupLineInterpolated($"Disk for the star: about {Megabytes(forecast.StarBytes)}; WAL of the copy: about {Megabytes(forecast.WalBytes)}; time of the copy: {(forecast.Copy is { } time && answer.Sample?.Batch is { } batch ? $"about {Progress.Duration(time)} with one session, as a batch of {batch.Rows:N0} rows took {batch.Seconds:N2} s here, rolled back; indexes, verification and whatever throttles it come on top" : "not measured")}.");
        }

        if (answer.Sample is { } sample)
        {
            var dirt = new Table().RoundedBorder().Title($"rows the star cannot hold, in the newest {sample.Rows:N0} rows").AddColumns("reason", "rows", "examples (id)");
            foreach (var reason in sample.Dirt)
            {
                dirt.AddRow(reason.Reason!, reason.Rows.ToString("N0", CultureInfo.InvariantCulture), string.Join(", ", reason.Examples).EscapeMarkup());
            }

            AnsiConsole.Write(dirt);
            AnsiConsole.MarkupLineInterpolated($"Columns the star does not map, kept in the residue: {(sample.UnmappedColumns.Count == 0 ? "none" : string.Join(", ", sample.UnmappedColumns))}.");
        }

        var locks = new Table().RoundedBorder().Title("what each phase locks").AddColumns("phase", "locks");
        foreach (var (phase, what) in answer.Locks)
        {
            locks.AddRow($"{(int)phase} {phase}", what.EscapeMarkup());
        }

        AnsiConsole.Write(locks);
        foreach (var problem in answer.Problems)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{problem}[/]");
        }

        AnsiConsole.WriteLine((answer.Ok, answer.Phase) switch
        {
            (false, _) => "The migration cannot begin.",
            (true, Phase.None) => "The migration can begin.",
            (true, Phase.Retire) => "Legacy is archived: nothing of the migration is left but dropping it.",
            _ => $"The migration can go on from phase {answer.Phase}.",
        });
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:N1} MB");
}
