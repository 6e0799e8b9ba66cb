"""Reads a training library's model into treelite."""


def load(library: str, path):
    import treelite

    if library == "scikit-learn":
        import joblib

        return treelite.sklearn.import_model(joblib.load(path))
    if library == "lightgbm":
        return treelite.frontend.load_lightgbm_model(path)
    return treelite.frontend.load_xgboost_model(path)
