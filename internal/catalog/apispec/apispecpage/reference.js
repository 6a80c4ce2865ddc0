// The reference of an API: Swagger UI, whose requests go through Terrace.
(() => {
  "use strict";
  const at = document.getElementById("reference");
  const { document: address, forward, form, servers } = at.dataset;
  const known = JSON.parse(servers);

  // through has a request sent on by Terrace: what it is for is in the address, and
  // what is sent on in headers that nothing else has.
  const through = (request) => {
    if (!forward) {
      throw new Error("there is no route to try it at");
    }
    const headers = { "X-Terrace-Form": form };
    for (const [name, value] of Object.entries(request.headers || {})) {
      headers["X-Try-" + name] = value;
    }
    request.headers = headers;
    request.url = forward + "&to=" + encodeURIComponent(new URL(request.url, window.location.href).href);
    request.credentials = "same-origin";
    return request;
  };

  const start = (extra) => {
    window.ui = window.SwaggerUIBundle({
      domNode: at,
      deepLinking: true,
      validatorUrl: null,
      queryConfigEnabled: false,
      persistAuthorization: false,
      showMutatedRequest: false,
      displayRequestDuration: true,
      supportedSubmitMethods: forward ? ["get", "put", "post", "delete", "options", "head", "patch"] : [],
      requestInterceptor: (request) => (request.loadSpec ? request : through(request)),
      ...extra,
    });
  };

  // Where there are routes, they are the servers: those of the document may be others.
  const routed = (spec) => {
    if (known.length === 0) {
      return spec;
    }
    spec.servers = known.map((url) => ({ url }));
    for (const path of Object.values(spec.paths || {})) {
      delete path.servers;
      for (const operation of Object.values(path)) {
        if (operation && typeof operation === "object") {
          delete operation.servers;
        }
      }
    }
    return spec;
  };

  start({
    url: address,
    plugins: [
      {
        statePlugins: {
          spec: { wrapActions: { updateJsonSpec: (original) => (spec) => original(routed(JSON.parse(JSON.stringify(spec)))) } },
        },
      },
    ],
  });
})();
