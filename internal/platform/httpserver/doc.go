// Package httpserver is how Terrace speaks HTTP: the router with its
// middleware, the OpenAPI document, problems (RFC 9457), streams and the
// server's life from listening to a graceful end.
//
// It is the one place where an error kind becomes an HTTP status. Handlers
// return kernel errors as they are:
//
//	httpserver.Register(api, huma.Operation{OperationID: "get-run", …}, h.get)
//	func (h handlers) get(ctx context.Context, in *getInput) (*getOutput, error)
//
// and bare handlers call WriteError. Both answer with the same ProblemDetails, which
// shows the message, the fix and the list of problems; causes and internal
// errors go to the log only, under the request id that the caller is shown.
//
// Every operation needs a signed-in actor unless it is Public. It does not own
// what an actor may do: services ask access/identity.
package httpserver
