using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Evidently.Schema.DatabaseTests.Testing;

/// <summary>Serves this machine's server programs on the loopback, as the jar with a tar.xz inside that PostgresEmbed fetches.</summary>
internal sealed class BinariesRepository : IAsyncDisposable
{
    private static readonly string[] Siblings = ["lib", "share"];

    private readonly HttpListener _listener = new();
    private readonly byte[] _jar;
    private readonly Task _serving;

    private BinariesRepository(byte[] jar)
    {
        _jar = jar;
        using (var port = new TcpListener(IPAddress.Loopback, 0))
        {
            port.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address { get; }

    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<BinariesRepository> PackAsync(string binaries)
    {
        var root = Path.GetDirectoryName(binaries)!;
        var folder = Directory.CreateTempSubdirectory("evidently-schema-pack-");
        try
        {
            var archive = Path.Combine(folder.FullName, "postgres.txz");
            var folders = Siblings.Where(name => Directory.Exists(Path.Combine(root, name)));
            var start = new ProcessStartInfo("tar", ["-cJf", archive, "-C", root, "bin/initdb", "bin/pg_ctl", "bin/postgres", .. folders]);
            start.Environment["XZ_OPT"] = "-0";
            using var tar = Process.Start(start)!;
            await tar.WaitForExitAsync();
            Assert.That(tar.ExitCode, Is.Zero);
            using var jar = new MemoryStream();
            await using (var zip = new ZipArchive(jar, ZipArchiveMode.Create, leaveOpen: true))
            {
                await zip.CreateEntryFromFileAsync(archive, "postgres.txz", CompressionLevel.NoCompression);
            }

            return new(jar.ToArray());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            Requests.Enqueue(path);
            byte[]? body = Path.GetExtension(path) switch
            {
                ".jar" => _jar,
                ".sha256" => System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(_jar))),
                _ => null,
            };
            context.Response.StatusCode = body is null ? 404 : 200;
            context.Response.ContentLength64 = body?.Length ?? 0;
            if (body is not null && !string.Equals(context.Request.HttpMethod, "HEAD", StringComparison.Ordinal))
            {
                await context.Response.OutputStream.WriteAsync(body);
            }

            context.Response.Close();
        }
    }
}
