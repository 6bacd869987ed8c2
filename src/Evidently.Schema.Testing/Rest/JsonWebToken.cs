using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Evidently.Schema.Testing.Rest;

/// <summary>A token signed with HMAC-SHA256, as Supabase issues them.</summary>
internal static class JsonWebToken
{
    public static string Sign(byte[] secret, string role, IReadOnlyDictionary<string, string>? claims)
    {
        var payload = new Dictionary<string, string>(claims ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal) { ["role"] = role };
        var signed = $"{Part("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Part(JsonSerializer.SerializeToUtf8Bytes(payload))}";
        return $"{signed}.{Part(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
