// A provider that people sign in with at the gateway: node oidc-provider.mjs CALLBACK AFTER, the
// addresses that it sends them back to. It says its issuer, and ends with its input.
import http from 'node:http';
import Provider from 'oidc-provider';

const [callback, after] = process.argv.slice(2);
let provider;
const server = http.createServer((req, res) => provider.callback()(req, res));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'shop', client_secret: 's3cret', redirect_uris: [callback], post_logout_redirect_uris: [after],
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    }],
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: () => true,
    ttl: { AccessToken: 300, IdToken: 7200 },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Ada L.' }) }),
  });
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
