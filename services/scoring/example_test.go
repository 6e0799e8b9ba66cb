package scoring_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

func Example() {
	f, err := os.Open("testdata/scikit-learn-1.9.1/columns-error/model.joblib")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	m, err := scoring.Open(f, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range m.Signature().Features {
		fmt.Println(f.Name, f.Type, f.Categories)
	}

	// Two rows, as one column a feature.
	batch := &scoring.Batch{Rows: 2, Columns: []scoring.Column{
		{Numbers: []float64{4.32, 5.78}},
		{Numbers: []float64{26, 30}},
		{Numbers: []float64{2, 3}},
		{Numbers: []float64{1, 0}},
		{Strings: []string{"INLAND", "NEAR BAY"}},
		{Strings: []string{"bad", "good"}},
	}}
	var result scoring.Result // used again and again, it costs no allocation
	if err := m.Predict(context.Background(), batch, scoring.Predict, &result); err != nil {
		log.Fatal(err)
	}
	for _, v := range result.Values {
		fmt.Printf("%.3f\n", v)
	}
	// Output:
	// income number []
	// age number []
	// rooms number []
	// garden number []
	// ocean string [<1H OCEAN INLAND ISLAND NEAR BAY]
	// state string [bad good new]
	// 9.703
	// 14.812
}

// A row that the training library would refuse is refused here, too.
func ExampleRowError() {
	f, err := os.Open("testdata/scikit-learn-1.9.1/columns-error/model.joblib")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	m, err := scoring.Open(f, nil)
	if err != nil {
		log.Fatal(err)
	}
	batch := &scoring.Batch{Rows: 1, Columns: []scoring.Column{
		{Numbers: []float64{4.32}}, {Numbers: []float64{26}}, {Numbers: []float64{2}}, {Numbers: []float64{1}},
		{Strings: []string{"MOON"}}, {Strings: []string{"bad"}},
	}}
	err = m.Predict(context.Background(), batch, scoring.Predict, &scoring.Result{})
	var refused *scoring.RowError
	if errors.As(err, &refused) {
		fmt.Println(refused.Row, refused.Feature)
		fmt.Println(refused.Reason)
	}
	// Output:
	// 0 ocean
	// unknown category "MOON"; prepare.hot (OneHotEncoder) expects one of "<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY"
}

// A certificate proves that a model gives the numbers of its library.
func ExampleModel_Certify() {
	f, err := os.Open("testdata/xgboost-3.4.1/wrapper-saved-classifier/model.json")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	m, err := scoring.Open(f, nil)
	if err != nil {
		log.Fatal(err)
	}
	g, err := os.Open("testdata/xgboost-3.4.1/wrapper-saved-classifier/golden.json")
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()
	golden, err := scoring.ReadCertificate(g)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Signature().Task, m.Signature().Methods)
	fmt.Println(m.Certify(golden))
	// Output:
	// classification predict, predict_proba, decision_function
	// <nil>
}
