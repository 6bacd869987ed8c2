using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Copies history, or changes the pace of a copy that runs anywhere.</summary>
internal static class BackfillCommand
{
    public static Command Create()
    {
        var pause = new Option<bool>("--pause") { Description = "Stop the copy, whoever runs it, after its batch" };
        var resume = new Option<bool>("--resume") { Description = "Let it go on" };
        var size = new Option<int?>("--batch-size") { Description = "The most results of a batch, 1 to 10000" };
        var pauseMs = new Option<int?>("--pause-ms") { Description = "Milliseconds between two batches, 0 to 60000" };
        return ToolRun.Command(
            "backfill",
            "Copies history (phase 2): a batch, a transaction; Ctrl-C stops after the batch. With an option: only sets the pace, at once",
            (run, arguments, token) =>
            {
                var settings = new List<(string, string)>();
                Add("backfill_batch_size", arguments.GetValue(size)?.ToString(CultureInfo.InvariantCulture));
                Add("backfill_pause_ms", arguments.GetValue(pauseMs)?.ToString(CultureInfo.InvariantCulture));
                Add("backfill_paused", arguments.GetValue(pause) ? "true" : arguments.GetValue(resume) ? "false" : null);
                return settings.Count == 0 ? MigrateCommand.RunAsync(run, Phase.Backfill, token)
                    : arguments.GetValue(pause) && arguments.GetValue(resume) ? throw new ToolException("Either --pause or --resume.", ExitCode.BadArguments)
                    : PaceAsync(run, settings, token);

                void Add(string name, string? value)
                {
                    if (value is not null)
                    {
                        settings.Add((name, value));
                    }
                }
            },
            pause,
            resume,
            size,
            pauseMs);
    }

    private static async Task<int> PaceAsync(ToolRun run, List<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        await run.RequireAsync(Phase.Create, "The pace of the copy", cancellationToken).ConfigureAwait(false);
        foreach (var (name, value) in settings)
        {
            await run.ListAsync(Sql.Own("SetSetting.sql"), row => row.GetString(0), cancellationToken, name, value).ConfigureAwait(false);
        }

        run.Answer(settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal), () =>
        {
            foreach (var (name, value) in settings)
            {
                AnsiConsole.MarkupLineInterpolated($"{name} is {value}.");
            }
        });
        return ExitCode.Done;
    }
}
