# Reference numbers for the durations: survival (survfit, survdiff, coxph) and cmprsk.
# Rscript durations.R [rossi_recidivism.csv] ; writes durations.json beside this file.
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
set.seed(20130401)
n <- 240
arm <- sample(c("control", "hia", "zia"), n, replace = TRUE)
site <- sample(c("north", "south"), n, replace = TRUE)
age <- round(rnorm(n, 0, 1), 2)
job <- rexp(n, 0.04 * exp(0.4 * (arm == "zia") - 0.3 * age))
other <- rexp(n, 0.03 * exp(0.3 * age))
end <- sample(10:40, n, replace = TRUE)
time <- pmin(ceiling(pmin(job, other)), end)
cause <- ifelse(pmin(job, other) > end, 0, ifelse(job < other, 1, 2))
d <- data.frame(time, cause, arm, site, age)

curve <- function(fit) lapply(split(seq_along(fit$time), rep(names(fit$strata), fit$strata)),
  function(i) list(time = fit$time[i], n_at_risk = fit$n.risk[i], n_exits = fit$n.event[i],
    survival = fit$surv[i], std_error = fit$surv[i] * fit$std.err[i],
    lower = fit$lower[i], upper = fit$upper[i]))
km <- survfit(Surv(time, cause > 0) ~ arm, d, conf.type = "log-log", conf.int = 0.90)
rmean <- summary(km, rmean = 20)$table[, 5:6]
lr <- survdiff(Surv(time, cause > 0) ~ arm, d)
lrs <- survdiff(Surv(time, cause > 0) ~ arm + strata(site), d)

aj <- function(arm) {
  f <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, d[d$arm == arm, ])
  list(time = f$time, incidence = f$pstate[, 2:3], std_error = f$std.err[, 2:3])
}
gray <- function(...) unname(cuminc(d$time, d$cause, d$arm, ...)$Tests)
ci <- cuminc(d$time, d$cause, d$arm)
at <- c(5, 10, 20)

fit_of <- function(f) list(names = names(coef(f)), estimate = unname(coef(f)),
  std_error = unname(sqrt(diag(vcov(f)))), log_likelihood = f$loglik[2],
  log_likelihood_null = f$loglik[1], n = f$n, events = f$nevent,
  score = f$score, wald = f$wald.test)
rows <- do.call(rbind, lapply(seq_len(n), function(i) {
  cuts <- c(0, seq(4, 40, 4))
  start <- cuts[cuts < time[i]]
  stop <- pmin(start + 4, time[i])
  data.frame(person = i, start, stop, cause = ifelse(stop == time[i], cause[i], 0),
    zia = 1 * (arm[i] == "zia"), hia = 1 * (arm[i] == "hia"), age = age[i], site = site[i],
    working = round(0.5 * sin(i + start), 3))
}))
rows$row <- seq_len(nrow(rows))
rhs <- "zia + hia + age + working"
cox <- function(y, tail = "") fit_of(coxph(as.formula(paste(y, "~", rhs, tail)), rows, ties = "efron", control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)))
out <- list(
  versions = list(R = R.version.string, survival = format(packageVersion("survival")), cmprsk = format(packageVersion("cmprsk"))),
  persons = d, rows = rows,
  kaplan_meier = curve(km),
  restricted_mean = list(arm = names(km$strata), mean = unname(rmean[, 1]), std_error = unname(rmean[, 2])),
  log_rank = list(observed = lr$obs, expected = lr$exp, statistic = lr$chisq, p = lr$pvalue),
  log_rank_stratified = list(observed = rowSums(lrs$obs), expected = rowSums(lrs$exp), statistic = lrs$chisq, p = lrs$pvalue),
  incidence = sapply(c("control", "hia", "zia"), aj, simplify = FALSE),
  cuminc = list(at = at, estimate = timepoints(ci, at)$est, var = timepoints(ci, at)$var, curves = rownames(timepoints(ci, at)$est)),
  gray = gray(), gray_rho = gray(rho = 1), gray_stratified = gray(strata = d$site),
  cox = cox("Surv(start, stop, cause > 0)"),
  cox_robust = cox("Surv(start, stop, cause > 0)", "+ cluster(row)"),
  cox_cluster = cox("Surv(start, stop, cause > 0)", "+ cluster(person)"),
  cox_strata = cox("Surv(start, stop, cause > 0)", "+ strata(site) + cluster(person)"),
  cox_job = cox("Surv(start, stop, cause == 1)"),
  cox_other = cox("Surv(start, stop, cause == 2)")
)
# Discrete time: the same rows as person-periods of four units.
rows$period <- rows$start / 4 + 1
glm_of <- function(link) {
  f <- glm(1 * (cause > 0) ~ 0 + factor(pmin(period, 8)) + zia + hia + age + working, binomial(link), rows,
    control = glm.control(epsilon = 1e-14, maxit = 50))
  X <- model.matrix(f)
  eta <- f$linear.predictors; mu <- fitted(f)
  s <- X * ((rows$cause > 0) - mu) * f$family$mu.eta(eta) / (mu * (1 - mu))
  g <- rowsum(s, rows$person)
  v <- vcov(f)
  list(names = names(coef(f)), estimate = unname(coef(f)), std_error = unname(sqrt(diag(v))),
    clustered = unname(sqrt(diag(v %*% crossprod(g) %*% v) * nrow(g) / (nrow(g) - 1))),
    log_likelihood = as.numeric(logLik(f)))
}
out$logit <- glm_of("logit")
out$cloglog <- glm_of("cloglog")

path <- commandArgs(TRUE)[1]
if (!is.na(path)) {
  r <- read.csv(path)
  r$id <- seq_len(nrow(r))
  yes <- function(x) 1 * (x == "yes")
  w <- do.call(rbind, lapply(seq_len(nrow(r)), function(i) {
    k <- r$week[i]
    emp <- yes(unlist(r[i, paste0("emp", 1:k)]))
    data.frame(id = i, start = 0:(k - 1), stop = 1:k, arrest = c(rep(0, k - 1), r$arrest[i]),
      fin = yes(r$fin[i]), age = r$age[i], race = 1 * (r$race[i] == "black"), wexp = yes(r$wexp[i]),
      mar = 1 * (r$mar[i] == "married"), paro = yes(r$paro[i]), prio = r$prio[i],
      emp = emp, lag = c(NA, emp[-k]), row.names = NULL)
  }))
  z <- "fin + age + race + wexp + mar + paro + prio"
  rossi <- function(rhs, rows) fit_of(coxph(as.formula(paste("Surv(start, stop, arrest) ~", rhs)), rows, ties = "efron", control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)))
  out$rossi <- list(rows = nrow(w), events = sum(w$arrest), plain = rossi(z, w), robust = rossi(paste(z, "+ cluster(id)"), w),
    working = rossi(paste(z, "+ emp"), w), lagged = rossi(paste(z, "+ lag"), w[!is.na(w$lag), ]),
    lagged_rows = sum(!is.na(w$lag)))
  w$quarter <- (w$stop - 1) %/% 13
  for (link in c("logit", "cloglog")) {
    f <- glm(as.formula(paste("arrest ~ 0 + factor(quarter) +", z, "+ emp")), binomial(link), w,
      control = glm.control(epsilon = 1e-14, maxit = 50))
    out$rossi[[link]] <- list(names = names(coef(f)), estimate = unname(coef(f)), std_error = unname(sqrt(diag(vcov(f)))), log_likelihood = as.numeric(logLik(f)))
  }
}
args <- commandArgs(FALSE)
here <- dirname(sub("--file=", "", grep("--file=", args, value = TRUE)))
write_json(out, file.path(here, "durations.json"), digits = NA, auto_unbox = TRUE, dataframe = "columns", matrix = "columnmajor")
