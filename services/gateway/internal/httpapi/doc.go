// Package httpapi answers HTTP by asking predict over gRPC. It translates and
// limits; what must hold for every caller lives in predict.
//
// Each request passes one chain: recovery, request id, limits, deadline, log
// and metrics, all in [Server.ServeHTTP]. A handler reads from a call and
// either answers it once, in one piece, or returns an error, which one table
// turns into a status and a JSON body.
package httpapi
