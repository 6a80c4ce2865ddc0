// A provider that people of Terrace sign in with: node oidc-provider.mjs TERRACE, where
// TERRACE is the address of the upstream there. It says its issuer, and ends with its input.
import http from 'node:http';
import Provider from 'oidc-provider';

const [terrace] = process.argv.slice(2);
let provider;
const server = http.createServer((req, res) => provider.callback()(req, res));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'terrace', client_secret: 's3cret-of-terrace', redirect_uris: [`${terrace}/callback`], grant_types: ['authorization_code'], response_types: ['code'],
      post_logout_redirect_uris: [`${terrace}/signed-out`], backchannel_logout_uri: `${terrace}/logout`, backchannel_logout_session_required: true,
    }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email', 'email_verified'] },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }), // Terrace is on this machine
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, name: id, groups: id === 'ada' ? ['dev'] : [], email: `${id}@corp.example`, email_verified: true }),
    }),
  });
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
