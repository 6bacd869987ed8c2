namespace Evidently.Schema.Hosting;

/// <summary>
/// What the database refused or failed to do. The message is a recipe: what happened to which object, and what to type next. It holds
/// no values of rows and no password.
/// </summary>
/// <remarks><see href="https://www.postgresql.org/docs/current/errcodes-appendix.html" /></remarks>
public sealed class SchemaException : Exception
{
    /// <summary>Creates an exception without any information.</summary>
    public SchemaException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    public SchemaException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    public SchemaException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal SchemaException(string message, SchemaError error, Phase phase, string? sqlState, Exception? innerException)
        : base(message, innerException)
    {
        Error = error;
        Phase = phase;
        SqlState = sqlState;
    }

    /// <summary>The kind of error, to decide on.</summary>
    public SchemaError Error { get; }

    /// <summary>The phase whose migration failed or was refused; <see cref="Phase.None"/> where no phase is concerned.</summary>
    public Phase Phase { get; }

    /// <summary>The SQLSTATE, five characters; <see langword="null"/> when the error did not come from the server.</summary>
    public string? SqlState { get; }

    /// <summary>The part of the message that says what to do next, where it is known apart.</summary>
    internal string? Hint { get; init; }
}
