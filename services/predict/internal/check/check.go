// Package check asks a predict from outside whether it does its work: whether
// it is healthy, and whether each model that it serves answers a prediction.
// `helm test` runs it.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// Check asks once, and writes a line for each model that answered.
func Check(ctx context.Context, conn grpc.ClientConnInterface, w io.Writer) error {
	health, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("health: the server is %v", health.GetStatus())
	}
	client := predictv1.NewPredictServiceClient(conn)
	list, err := client.ListModels(ctx, &predictv1.ListModelsRequest{})
	if err != nil {
		return fmt.Errorf("list the models: %w", err)
	}
	if len(list.GetModels()) == 0 {
		return errors.New("the server is healthy and serves no model")
	}
	for _, m := range list.GetModels() {
		described, err := client.GetModel(ctx, &predictv1.GetModelRequest{Name: m.GetName()})
		if err != nil {
			return fmt.Errorf("model %s: %w", m.GetName(), err)
		}
		answer, err := client.Predict(ctx, &predictv1.PredictRequest{
			Model: m.GetName(), Rows: &predictv1.PredictRequest_Table{Table: row(described.GetSignature())},
		})
		if err != nil {
			return fmt.Errorf("model %s: %w", m.GetName(), err)
		}
		if answer.GetRows() != 1 {
			return fmt.Errorf("model %s: %d predictions for one row", m.GetName(), answer.GetRows())
		}
		if _, err := fmt.Fprintf(w, "%s version %d answers %s\n", answer.GetModel(), answer.GetVersion(), text(answer)); err != nil {
			return err
		}
	}
	return nil
}

// row is one that the model accepts: a category that it knows where it knows
// any, else a one. Columns go in the order of the features, by name where the
// model has names.
func row(s *predictv1.Signature) *predictv1.Table {
	table := &predictv1.Table{Rows: 1}
	for _, f := range s.GetFeatures() {
		value := "1"
		if c := f.GetCategories(); len(c) > 0 {
			value = c[0]
		}
		column := &predictv1.Column{Name: f.GetName()}
		number, err := strconv.ParseFloat(value, 64)
		if f.GetType() == predictv1.FeatureType_FEATURE_TYPE_STRING || err != nil {
			column.Values = &predictv1.Column_Strings{Strings: &predictv1.Strings{Values: []string{value}}}
		} else {
			column.Values = &predictv1.Column_Numbers{Numbers: &predictv1.Numbers{Values: []float64{number}}}
		}
		table.Columns = append(table.Columns, column)
	}
	return table
}

// text is a prediction as people read it.
func text(p *predictv1.PredictResponse) string {
	switch l := p.GetLabels().GetValues().(type) {
	case *predictv1.Labels_Integers:
		return fmt.Sprint(l.Integers.GetValues())
	case *predictv1.Labels_Numbers:
		return fmt.Sprint(l.Numbers.GetValues())
	case *predictv1.Labels_Strings:
		return fmt.Sprintf("%q", l.Strings.GetValues())
	case *predictv1.Labels_Booleans:
		return fmt.Sprint(l.Booleans.GetValues())
	default:
		return fmt.Sprint(p.GetValues())
	}
}
