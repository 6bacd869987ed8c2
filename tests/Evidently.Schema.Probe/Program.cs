using Evidently.Schema.Testing;

// A process for tests to kill: starts a server, says where it is, and waits.
await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Sources = [PostgresServerSource.Installed] });
Console.WriteLine(server.Folder);
Console.WriteLine(server.ConnectionString);
await Console.In.ReadToEndAsync();
