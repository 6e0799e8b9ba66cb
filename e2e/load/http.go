package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	protocolHTTP = "http"
	protocolGRPC = "grpc"
)

// An httpSender is one client with one connection, which it keeps.
type httpSender struct {
	client     *http.Client
	url        string
	model      string
	credential string
	rows       *goldens
}

func newHTTPSender(o *Options, credential string, rows *goldens, d *dialer) *httpSender {
	return &httpSender{url: strings.TrimSuffix(o.HTTP, "/"), model: o.Model, credential: credential, rows: rows, client: &http.Client{Transport: &http.Transport{
		DialContext:     d.dial,
		MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}}
}

func (s *httpSender) close() { s.client.CloseIdleConnections() }

func (s *httpSender) path(api string) string {
	switch api {
	case apiV1:
		return "/v1/models/" + s.model + ":predict"
	case apiV2:
		return "/v2/models/" + s.model + "/infer"
	}
	return "/predict"
}

// send asks once. It fills in what became of the request.
func (s *httpSender) send(ctx context.Context, b *batch, api string, r *result) {
	defer func() { r.end = time.Now() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+s.path(api), bytes.NewReader(b.bodies[api]))
	if err != nil {
		r.status, r.err = "error", err
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if s.credential != "" {
		req.Header.Set("Authorization", "Bearer "+s.credential)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		r.status, r.err = class(err), err
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.status, r.err = class(err), fmt.Errorf("the body of a %d: %w", resp.StatusCode, err)
		return
	}
	r.status = strconv.Itoa(resp.StatusCode)
	if resp.StatusCode != http.StatusOK {
		r.rejected = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable
		r.when = resp.Header.Get("Retry-After") != ""
		r.err = fmt.Errorf("status %d: %.500s", resp.StatusCode, body)
		return
	}
	a, err := readJSON(api, body)
	if err == nil {
		err = s.rows.check(b, s.model, a)
	}
	if err != nil {
		r.err, r.wrong = err, true
		return
	}
	r.version = a.version
}

// class is the kind of an error that came instead of an answer.
func class(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		return "closed"
	}
	return "error"
}
