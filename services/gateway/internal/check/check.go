// Package check asks a gateway from outside whether it does its work: whether
// it is healthy, and whether each model that it offers answers a prediction.
// `helm test` runs it.
package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// A Gateway is one that is asked.
type Gateway struct {
	URL    string // http://host:port
	Client *http.Client
	// Credential is an API key or a token to show; empty shows none.
	Credential string
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// Check asks once, and writes a line for each model that answered.
func (g Gateway) Check(ctx context.Context, w io.Writer) error {
	if err := g.call(ctx, http.MethodGet, "/health", nil, nil); err != nil {
		return err
	}
	var list struct {
		Models []struct{ Name string }
	}
	if err := g.call(ctx, http.MethodGet, "/api/v1/models", nil, &list); err != nil {
		return err
	}
	if len(list.Models) == 0 {
		return errors.New("the gateway is healthy, but predict serves no model")
	}
	for _, m := range list.Models {
		version, prediction, err := g.predict(ctx, m.Name)
		if err != nil {
			return fmt.Errorf("model %s: %w", m.Name, err)
		}
		if _, err := fmt.Fprintf(w, "%s version %s answers %s\n", m.Name, version, prediction); err != nil {
			return err
		}
	}
	return nil
}

// predict asks a model for the prediction of one row, which it makes up.
func (g Gateway) predict(ctx context.Context, name string) (version string, prediction json.RawMessage, err error) {
	var m model
	if err := g.call(ctx, http.MethodGet, "/api/v1/models/"+url.PathEscape(name), nil, &m); err != nil {
		return "", nil, err
	}
	request := map[string]any{"instances": []any{m.row()}}
	var answer struct{ Predictions []json.RawMessage }
	if err := g.call(ctx, http.MethodPost, "/v1/models/"+url.PathEscape(name)+":predict", request, &answer); err != nil {
		return "", nil, err
	}
	if len(answer.Predictions) != 1 {
		return "", nil, fmt.Errorf("%d predictions for one row", len(answer.Predictions))
	}
	return m.Version.Version, answer.Predictions[0], nil
}

// model is what the catalogue tells about one.
type model struct {
	Version   struct{ Version string }
	Signature struct {
		Features []struct {
			Name, Type string
			Categories []string
		}
	}
}

// row is one that the model accepts: a category that it knows where it knows
// any, else a one.
func (m model) row() map[string]any {
	row := map[string]any{}
	for _, f := range m.Signature.Features {
		var value any = 1
		if f.Type == "FEATURE_TYPE_STRING" {
			value = "1"
		}
		if len(f.Categories) > 0 {
			value = f.Categories[0]
			if number, err := strconv.ParseFloat(f.Categories[0], 64); err == nil && f.Type == "FEATURE_TYPE_NUMBER" {
				value = number
			}
		}
		row[f.Name] = value
	}
	return row
}

// call makes one request. An answer other than 200 is an error with its text.
func (g Gateway) call(ctx context.Context, method, path string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, g.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if g.Credential != "" {
		req.Header.Set("Authorization", "Bearer "+g.Credential)
	}
	if method == http.MethodGet {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	resp, err := g.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(data))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
