using Evidently.Schema.Testing;

namespace Demo;

/// <summary>Whether the data fit, asked before they are made.</summary>
internal static class DiskSpace
{
    /// <summary>A result's answer is in collector_results and in each of its six legacy rows.</summary>
    private const int AnswersPerResult = 7;

    /// <summary>Six legacy rows, their indexes and their star, without answers.</summary>
    private const int BytesPerResult = 10_000;

    private const long Server = 200L << 20;

    public static long DataBytes(DemoOptions options) => options.Results * (BytesPerResult + (AnswersPerResult * (long)options.AnswerLength));

    /// <summary>The data, and as much again for the write-ahead log and what the copy and its sorts need.</summary>
    /// <exception cref="IOException">There is less. A server whose disk is not ours to see is not asked.</exception>
    public static void Require(PostgresServer server, DemoOptions options)
    {
        if (server.Folder is null)
        {
            return;
        }

        var needed = Server + (2 * DataBytes(options));
        var free = new DriveInfo(server.Folder).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException(
                $"The demo needs about {DemoReport.Megabytes(needed)} of disk space where {server.Folder} is, and {DemoReport.Megabytes(free)} are free. Free some, set TMPDIR to a folder on a larger disk, or ask for less: --results {Math.Max(1, options.Results / 10)}.");
        }
    }
}
