using System.CommandLine;
using Evidently.Schema.Hosting;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Where the database stands.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var watch = new Option<bool>("--watch") { Description = "Again every second, until Ctrl-C" };
        return ToolRun.Command("status", "Says where the database stands", (run, arguments, token) => RunAsync(run, arguments.GetValue(watch), token), watch);
    }

    private static async Task<int> RunAsync(ToolRun run, bool watch, CancellationToken cancellationToken)
    {
        do
        {
            var status = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            var columns = status.Phase < Phase.Backfill ? [] : await run.ListAsync(Sql.Own("Columns.sql"), row => new { name = row.GetString(0), fate = row.GetString(1) }, cancellationToken).ConfigureAwait(false);
            string[] residue = [.. columns.Where(column => column.fate is "residue").Select(column => column.name)];
            if (watch && run.Interactive)
            {
                AnsiConsole.Clear();
            }

            run.Answer(new { database = run.Database, status, columns }, () => Print(run, status, residue));
            if (watch)
            {
                await Task.Delay(Every, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        while (watch && !cancellationToken.IsCancellationRequested);

        return ExitCode.Done;
    }

    private static void Print(ToolRun run, SchemaStatus status, string[] residue)
    {
        var table = new Table().HideHeaders().AddColumns("what", "value").RoundedBorder();
        Row("database", run.Database);
        Row("phase", $"{(int)status.Phase} {status.Phase}{(status.Applied.Count > 0 && status.Applied[^1] / 100 > (int)status.Phase ? $", and a part of the next: up to {status.Applied[^1]}" : string.Empty)}");
        Row("pending migrations", status.Pending.Count == 0 ? "none" : string.Join(", ", status.Pending));
        if (status.Backfill is { } copy)
        {
            Row("backfill", $"{copy.State}: {Progress.Text(copy)}");
        }

        Row("noted changes", $"{status.PendingNotes:N0}{(status.DualWrite?.Oldest is { } oldest ? $", the oldest {oldest:c} old" : string.Empty)}");
        if (status.DualWrite is { } write)
        {
            Row("dual_write", $"{write.Mode.ToString().ToLowerInvariant()}{(write.Failing > 0 ? $", {write.Failing:N0} results fail: {write.LastError}" : string.Empty)}");
        }

        Row("rejected rows", status.RejectedRows.Count == 0 ? "none" : string.Join(", ", status.RejectedRows.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Key} {reason.Value:N0}")));
        Row("last verification", status.LastVerification is { } last ? $"{(last.Ok ? "ok" : "differences")}, {last.At.UtcDateTime:u}" : "none");
        if (residue.Length > 0)
        {
            Row("columns not in the star", string.Join(", ", residue));
        }

        AnsiConsole.Write(table);

        void Row(string what, string value) => table.AddRow(what.EscapeMarkup(), value.EscapeMarkup());
    }
}
