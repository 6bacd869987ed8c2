using System.CommandLine;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Shows or switches dual_write, the plan's ENABLE_NEW_SCHEMA.</summary>
internal static class ModeCommand
{
    private const string Setting = "dual_write";

    public static Command Create()
    {
        var mode = new Argument<string?>("mode") { Description = "off, capture, sync or strict; without it the mode is shown", Arity = ArgumentArity.ZeroOrOne };
        mode.AcceptOnlyFromAmong("off", "capture", "sync", "strict");
        return ToolRun.Command("mode", "Shows or switches what the triggers do with a change; nothing is lost in any mode", (run, arguments, token) => RunAsync(run, arguments.GetValue(mode), token), mode);
    }

    private static async Task<int> RunAsync(ToolRun run, string? mode, CancellationToken cancellationToken)
    {
        await run.RequireAsync(Phase.Create, "The mode", cancellationToken).ConfigureAwait(false);
        if (mode is not null)
        {
            await run.ListAsync(Sql.Own("SetSetting.sql"), row => row.GetString(0), cancellationToken, Setting, mode).ConfigureAwait(false);
        }

        var now = (await run.ListAsync(Sql.Own("GetSetting.sql"), row => new { value = row.GetString(0), at = row.GetFieldValue<DateTimeOffset>(1), by = row.GetString(2) }, cancellationToken, Setting).ConfigureAwait(false))[0];
        run.Answer(new { database = run.Database, mode = now.value, changedAt = now.at, changedBy = now.by }, () =>
            AnsiConsole.MarkupLineInterpolated($"dual_write is [bold]{now.value}[/], set by {now.by} at {now.at.UtcDateTime:u}."));
        return ExitCode.Done;
    }
}
